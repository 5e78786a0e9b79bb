//! Fulfils one approved order.

use super::JobError;
use crate::provisioning::drive;
use crate::state::WorkerState;
use domain::orders::{Stage, fulfilment};
use platform::queue::{self, Job};
use platform::store::orders::Fact;
use platform::store::{orders, runs};
use platform::{Cause, Change, crash};
use tracing::Instrument as _;

pub async fn run(state: &WorkerState, job: &Job, salesforce_order_id: &str) -> Result<(), JobError> {
    let Some(order) = orders::find_by_salesforce_id(state.db.conn(), salesforce_order_id).await? else {
        // Placing the order has not come to its end yet: the customer's browser repeats it with the same key. An order that
        // an agent made by hand never gets a row, and this job then ends as dead, in front of a person.
        return Err(JobError::NoSubject);
    };
    if order.stage.is_final() {
        queue::finish(state.db.conn(), job).await??;
        return Ok(());
    }
    let mut change = Change::begin(&state.db, cause(state, job)).await?;
    queue::assert_held(change.conn(), job).await??;
    if order.stage != Stage::Provisioning {
        let fact = Fact::new(if order.stage == Stage::NeedsAttention { "run_resumed" } else { "order_approved" });
        orders::move_to(&mut change, &order, Stage::Provisioning, Some(state.clock.now()), fact).await?;
    }
    runs::open(&mut change, &order, &fulfilment::plan(&order.content.kinds())).await?;
    if order.stage == Stage::NeedsAttention {
        runs::reopen(&mut change, &order).await?;
    }
    crash::point("open:recorded");
    change.commit(&state.bus).await?;
    crash::point("open:committed");
    // One search for the request id finds the click, the call to Salesforce and every step.
    let span = tracing::info_span!("run", order.id = %order.id, order.number = order.number, order.request_id = order.content.request_id);
    drive::drive(state, job, salesforce_order_id).instrument(span).await
}

/// The system works on it; the job carries the request that caused it.
pub(crate) fn cause(state: &WorkerState, job: &Job) -> Cause {
    Cause { person: None, request_id: job.request_id.clone(), now: state.clock.now() }
}
