//! Asks Salesforce how the orders stand that wait for a decision. Closes every gap that lost events leave, and is the
//! only way to learn of a rejection (Salesforce publishes none).

use super::leads;
use crate::state::WorkerState;
use domain::OrderId;
use domain::live::ServerMessage;
use domain::orders::Stage;
use domain::orders::providers::salesforce::{CrmOrder, CrmOrderState};
use integrations::UpstreamError;
use platform::bus::BusMessage;
use platform::queue::{NewJob, Work, enqueue};
use platform::store::orders::Order;
use platform::store::{StoreError, events, orders};

/// Most orders looked at in one round.
const BATCH: u64 = 200;

#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("Salesforce could not be asked")]
    Upstream(#[from] UpstreamError),
    #[error("the database did not answer")]
    Store(#[from] StoreError),
}

/// At start and then regularly, by one worker.
pub async fn run(state: WorkerState) {
    loop {
        if leads(&state, super::RECONCILER).await
            && let Err(error) = round(&state).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "orders could not be compared with Salesforce");
        }
        tokio::time::sleep(state.config.reconcile_every).await;
    }
}

/// One comparison; returns how many orders moved.
///
/// # Errors
/// When Salesforce or the database does not answer; the next round starts from scratch.
pub async fn round(state: &WorkerState) -> Result<usize, ReconcileError> {
    let waiting = orders::awaiting_approval(state.db.conn(), BATCH).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let ids: Vec<OrderId> = waiting.iter().map(|o| o.id).collect();
    let in_crm = state.salesforce.orders(&ids).await?;
    let mut moved = 0;
    for order in &waiting {
        let Some(crm) = in_crm.iter().find(|c| c.portal_order_id == Some(order.id)) else {
            tracing::error!(order.id = %order.id, "Salesforce does not know this order");
            metrics::counter!("order_drift_total", "kind" => "unknown_to_crm").increment(1);
            continue;
        };
        moved += usize::from(settle(state, order, crm).await?);
    }
    Ok(moved)
}

async fn settle(state: &WorkerState, order: &Order, crm: &CrmOrder) -> Result<bool, ReconcileError> {
    match crm.state {
        CrmOrderState::Approved => {
            let tx = state.db.begin().await?;
            let work = Work::Provision { salesforce_order_id: order.salesforce_order_id.clone() };
            let new = enqueue(&tx, NewJob { work, request_id: Some(format!("reconcile-{}", order.number)) }).await?;
            tx.commit().await.map_err(StoreError::from)?;
            if new {
                tracing::warn!(order.id = %order.id, "approved order had no job; queued");
                metrics::counter!("order_drift_total", "kind" => "missed_approval").increment(1);
                state.bus.send(BusMessage::JobsReady).await;
            }
            Ok(new)
        }
        CrmOrderState::Rejected => {
            let now = state.clock.now();
            let tx = state.db.begin().await?;
            match orders::set_stage(&tx, order, Stage::Rejected, Some(now), now).await {
                Ok(()) => {}
                // Something else moved it since; the next round looks again.
                Err(StoreError::Stale) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            let event = events::DomainEvent {
                kind: "order_rejected",
                customer_id: Some(order.customer_id),
                order_id: Some(order.id),
                ..Default::default()
            };
            events::append(&tx, event, now).await?;
            tx.commit().await.map_err(StoreError::from)?;
            state.bus.send_customer(order.customer_id, ServerMessage::OrderChanged { order_id: order.id }).await;
            Ok(true)
        }
        CrmOrderState::Draft | CrmOrderState::Activated | CrmOrderState::Other => Ok(false),
    }
}
