//! Freebit opening of a line. Accepted is not done: `await_line` waits for the end.

use super::{Context, Looked, Outcome, failed_write, look_failed};
use domain::catalog::SimKind;
use integrations::UpstreamErrorKind;
use integrations::freebit::{Accepted, NewEsim, ProfileKind};

pub async fn perform(context: &Context<'_>, no: u32) -> Outcome {
    let (Some(item), Some(line)) = (context.item(no), context.reserved(no)) else {
        return Outcome::Unclear("line_not_reserved");
    };
    let Some(plan_code) = item.freebit_plan_code.as_deref() else { return Outcome::Unclear("carrier_plan_unknown") };
    let carrier = &context.state.freebit;
    let sent = match (item.sim, line.iccid.as_deref(), item.eid.as_deref()) {
        (Some(SimKind::Physical), Some(iccid), _) => carrier.open_physical(&line.number, iccid, plan_code).await,
        (Some(SimKind::Esim), _, Some(eid)) => {
            let profile = if item.voice { ProfileKind::Voice } else { ProfileKind::Data };
            carrier.open_esim(NewEsim { number: &line.number, eid, plan_code, profile }).await
        }
        _ => return Outcome::Unclear("line_data_missing"),
    };
    match sent {
        Ok(Accepted) => Outcome::Done(None),
        Err(error) => failed_write(&error, "line_refused"),
    }
}

/// The number was allotted to this item alone, so a line under it is ours.
pub async fn look(context: &Context<'_>, no: u32) -> Looked {
    let Some(line) = context.reserved(no) else { return Looked::Ambiguous("line_not_reserved") };
    match context.state.freebit.line(&line.number).await {
        Ok(_) => Looked::Found(None),
        Err(error) if matches!(error.kind, UpstreamErrorKind::NotFound) => Looked::Nothing,
        Err(error) => look_failed(&error),
    }
}
