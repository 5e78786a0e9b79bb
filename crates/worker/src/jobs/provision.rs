//! Fulfils one approved order.

use super::JobError;
use crate::provisioning::drive;
use crate::state::WorkerState;
use domain::live::ServerMessage;
use domain::orders::{Stage, fulfilment};
use platform::queue::{self, Ended, Job};
use platform::store::{events, orders, runs};
use tracing::Instrument as _;

pub async fn run(state: &WorkerState, job: &Job, salesforce_order_id: &str) -> Result<Ended, JobError> {
    let Some(order) = orders::find_by_salesforce_id(state.db.conn(), salesforce_order_id).await? else {
        // Placing the order has not come to its end yet: the customer's browser repeats it with the same key. An order that
        // an agent made by hand never gets a row, and this job then ends as dead, in front of a person.
        return Err(JobError::NoSubject);
    };
    if order.stage.is_final() {
        return Ok(Ended::Done);
    }
    let now = state.clock.now();
    let tx = state.db.begin().await?;
    queue::assert_held(&tx, job).await??;
    let opened = runs::open(&tx, order.id, &fulfilment::plan(&order.content.kinds()), now).await?;
    if order.stage == Stage::NeedsAttention {
        runs::reopen(&tx, order.id, now).await?;
    }
    if order.stage != Stage::Provisioning {
        orders::set_stage(&tx, &order, Stage::Provisioning, Some(now), now).await?;
        let event = events::DomainEvent {
            kind: if opened { "run_opened" } else { "run_resumed" },
            customer_id: Some(order.customer_id),
            order_id: Some(order.id),
            request_id: order.content.request_id.as_deref().or(job.request_id.as_deref()),
            ..Default::default()
        };
        events::append(&tx, event, now).await?;
    }
    tx.commit().await?;
    state.bus.send_customer(order.customer_id, ServerMessage::OrderChanged { order_id: order.id }).await;
    // One search for the request id finds the click, the call to Salesforce and every step.
    let span = tracing::info_span!("run", order.id = %order.id, order.number = order.number, order.request_id = order.content.request_id);
    drive::drive(state, job, salesforce_order_id).instrument(span).await
}
