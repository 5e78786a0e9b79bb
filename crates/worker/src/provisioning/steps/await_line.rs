//! Waits until the carrier reports the line active. A plain read, repeated with growing pauses.

use super::{Context, Outcome, failed, store_failed};
use domain::orders::fulfilment::{PlannedStep, Step};
use domain::sim::LineState;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub async fn perform(context: &Context<'_>, no: u32) -> Outcome {
    let Some(line) = context.reserved(no) else { return Outcome::Unclear("line_not_reserved") };
    let found = match context.state.freebit.line(&line.number).await {
        Ok(found) => found.line,
        Err(error) => return failed(&error, "line_unknown_to_carrier"),
    };
    match found.state {
        LineState::Active if !found.change_running => return Outcome::Done(None),
        LineState::Obsolete => return Outcome::Refused("line_obsolete"),
        LineState::Active | LineState::Waiting | LineState::Temporary | LineState::Suspended | LineState::Unknown => {}
    }
    let opened = PlannedStep { step: Step::OpenLine, item: no };
    let opened_at = context.steps.iter().find(|s| s.planned == opened).and_then(|s| s.intent_at);
    // Both by the database's clock: the machine that opened the line may have had another one.
    let now = match context.state.db.now().await {
        Ok(now) => now,
        Err(error) => return store_failed(&error),
    };
    let waited = now.millis() - opened_at.unwrap_or(now).millis();
    let waited = Duration::from_millis(u64::try_from(waited).unwrap_or(0));
    if waited > context.state.config.line_limit {
        return Outcome::Unclear("line_not_active_in_time");
    }
    Outcome::Waiting { after: (waited / 4).clamp(FIRST_PAUSE, LONGEST_PAUSE) }
}
