//! Freebit opening of a line. Accepted is not done: `await_line` waits for the end.

use super::{Context, Looked, Outcome, failed_write, look_failed};
use domain::catalog::SimKind;
use domain::common::pii::Pii;
use integrations::UpstreamErrorKind;
use integrations::freebit::{Accepted, NewEsim, ProfileKind};
use secrecy::SecretString;

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
            let new = NewEsim { number: &line.number, eid, plan_code, profile };
            match &item.port_in {
                Some(port_in) => {
                    let reservation = port_in.reservation_number.reveal().as_str();
                    carrier.port_in_esim(new, &SecretString::from(reservation)).await
                }
                None => carrier.open_esim(new).await,
            }
        }
        _ => return Outcome::Unclear("line_data_missing"),
    };
    match sent {
        Ok(Accepted) => Outcome::Done(None),
        Err(error) => failed_write(&error, "line_refused"),
    }
}

/// A number from the stock was allotted to this item alone, so a line under it is ours. One that the customer brings along may
/// have become a line by somebody else's order: only the phone's EID tells.
pub async fn look(context: &Context<'_>, no: u32) -> Looked {
    let Some(line) = context.reserved(no) else { return Looked::Ambiguous("line_not_reserved") };
    let brought = context.item(no).filter(|item| item.port_in.is_some());
    match context.state.freebit.line(&line.number).await {
        Ok(found) => match brought {
            Some(item) if item.eid.as_ref() != found.eid.as_ref().map(Pii::reveal) => {
                Looked::Ambiguous("line_has_another_eid")
            }
            Some(_) | None => Looked::Found(None),
        },
        Err(error) if matches!(error.kind, UpstreamErrorKind::NotFound) => Looked::Nothing,
        Err(error) => look_failed(&error),
    }
}
