//! Compares our orders with Salesforce, and runs with their jobs. Closes every gap that lost events leave, and is the only
//! way to learn of a rejection (Salesforce publishes none). What differs is kept as drift, for people.

use super::leads;
use crate::state::WorkerState;
use domain::OrderId;
use domain::Timestamp;
use domain::orders::Stage;
use domain::orders::providers::salesforce::{CrmOrder, CrmOrderState};
use integrations::UpstreamError;
use platform::queue::{self, Work};
use platform::store::drift::{self, DriftKind};
use platform::store::orders::{self, Fact, Order};
use platform::store::{StoreError, runs};
use platform::{Cause, Change};
use serde_json::json;

/// Most orders of a kind looked at in one round.
const BATCH: u64 = 200;
/// How long an order that works is compared with Salesforce.
const ACTIVE_FOR_MS: i64 = 24 * 3600 * 1000;

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
            metrics::counter!("reconciler_failed_total").increment(1);
        }
        tokio::time::sleep(state.config.reconcile_every).await;
    }
}

/// One comparison; returns how many orders moved.
///
/// # Errors
/// When Salesforce or the database does not answer; the next round starts from scratch.
pub async fn round(state: &WorkerState) -> Result<usize, ReconcileError> {
    let begun = state.clock.now();
    // Our own part first: it needs nobody else.
    let mut moved = abandoned_runs(state, begun).await?;
    moved += waiting(state, begun).await?;
    moved += approved(state, begun).await?;
    active(state, begun).await?;
    for kind in DriftKind::ALL {
        drift::resolve_unseen(state.db.conn(), kind, begun).await?;
    }
    metrics::gauge!("reconciler_last_round_timestamp_seconds").set(seconds(begun));
    Ok(moved)
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating point; seconds since 1970 stay far below 2^52")]
fn seconds(at: Timestamp) -> f64 {
    (at.millis() / 1000) as f64
}

fn cause(order: &Order, now: Timestamp) -> Cause {
    Cause { person: None, request_id: Some(format!("reconcile-{}", order.number)), now }
}

/// Orders that wait for a decision.
async fn waiting(state: &WorkerState, now: Timestamp) -> Result<usize, ReconcileError> {
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
            see(state, DriftKind::UnknownToCrm, order, json!({}), now).await?;
            continue;
        };
        moved += usize::from(settle(state, order, crm, now).await?);
    }
    Ok(moved)
}

async fn see(
    state: &WorkerState,
    kind: DriftKind,
    order: &Order,
    detail: serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut detail = detail;
    detail["order_id"] = json!(order.id);
    detail["number"] = json!(order.number);
    drift::record(state.db.conn(), kind, &order.salesforce_order_id, detail, now).await?;
    Ok(())
}

async fn settle(state: &WorkerState, order: &Order, crm: &CrmOrder, now: Timestamp) -> Result<bool, ReconcileError> {
    match crm.state {
        CrmOrderState::Rejected => {
            let mut change = Change::begin(&state.db, cause(order, now)).await?;
            let fact = Fact::new("order_rejected");
            match orders::move_to(&mut change, order, Stage::Rejected, Some(now), fact).await {
                Ok(()) => {}
                // Something else moved it since; the next round looks again.
                Err(StoreError::Stale) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            change.commit(&state.bus).await?;
            Ok(true)
        }
        // One that was approved a moment ago is left to its event, the others are found by `approved`.
        CrmOrderState::Approved | CrmOrderState::Draft | CrmOrderState::Activated | CrmOrderState::Other => Ok(false),
    }
}

/// Approved there and waiting here: no event told us, or its job is about to start.
async fn queue_missed(state: &WorkerState, order: &Order, now: Timestamp) -> Result<bool, ReconcileError> {
    let mut change = Change::begin(&state.db, cause(order, now)).await?;
    let work = Work::Provision { salesforce_order_id: order.salesforce_order_id.clone() };
    let new = change.enqueue(work).await?;
    if new {
        tracing::warn!(order.id = %order.id, "approved order had no job; queued");
        let detail = json!({ "order_id": order.id, "number": order.number });
        let subject = &order.salesforce_order_id;
        drift::record(change.conn(), DriftKind::MissedApproval, subject, detail, now).await?;
    }
    change.commit(&state.bus).await?;
    Ok(new)
}

/// Everything that Salesforce calls approved and not provisioned, whether we wait for it or not. Orders that were decided a
/// moment ago are left to the event.
async fn approved(state: &WorkerState, now: Timestamp) -> Result<usize, ReconcileError> {
    let quiet = i64::try_from(state.config.reconcile_quiet.as_millis()).unwrap_or(0);
    let in_crm = state.salesforce.approved_orders(now.plus_millis(-quiet)).await?;
    let ids: Vec<String> = in_crm.iter().map(|crm| crm.salesforce_id.clone()).collect();
    let ours = orders::by_salesforce_ids(state.db.conn(), &ids).await?;
    let mut moved = 0;
    for crm in &in_crm {
        match ours.iter().find(|order| order.salesforce_order_id == crm.salesforce_id) {
            Some(order) if order.stage == Stage::AwaitingApproval => {
                moved += usize::from(queue_missed(state, order, now).await?);
            }
            // A run is at it, or a person.
            Some(_) => {}
            None => {
                let detail = json!({ "order_id": crm.portal_order_id, "number": crm.number });
                let conn = state.db.conn();
                if drift::record(conn, DriftKind::ApprovedWithoutRow, &crm.salesforce_id, detail, now).await? {
                    tracing::error!(order.number = crm.number, "Salesforce has an approved order that we do not know");
                }
            }
        }
    }
    Ok(moved)
}

/// Orders under way that no job carries on. A job that killed its worker three times was parked without its handler having a
/// say; the customer must not wait for it.
async fn abandoned_runs(state: &WorkerState, now: Timestamp) -> Result<usize, ReconcileError> {
    let mut moved = 0;
    for (order, job) in orders::without_live_job(state.db.conn(), BATCH).await? {
        let detail = json!({ "order_id": order.id, "number": order.number, "job": job });
        let mut change = Change::begin(&state.db, cause(&order, now)).await?;
        match job.as_deref() {
            Some("dead" | "parked") => {
                let fact = Fact { kind: "order_needs_attention", data: json!({ "job": job }) };
                match orders::move_to(&mut change, &order, Stage::NeedsAttention, None, fact).await {
                    Ok(()) => {}
                    Err(StoreError::Stale) => continue,
                    Err(error) => return Err(error.into()),
                }
                runs::set_run_state(&mut change, &order, "needs_attention").await?;
            }
            // Done without its run, or gone.
            _ => {
                let work = Work::Provision { salesforce_order_id: order.salesforce_order_id.clone() };
                if !change.enqueue(work).await? {
                    queue::reopen(change.conn(), "provision", &order.salesforce_order_id).await?;
                }
            }
        }
        drift::record(change.conn(), DriftKind::RunWithoutJob, &order.salesforce_order_id, detail, now).await?;
        change.commit(&state.bus).await?;
        tracing::error!(order.id = %order.id, job, "a run had no job to carry it on");
        moved += 1;
    }
    Ok(moved)
}

/// Orders that work here must be activated there.
async fn active(state: &WorkerState, now: Timestamp) -> Result<(), ReconcileError> {
    let ours = orders::active_since(state.db.conn(), now.plus_millis(-ACTIVE_FOR_MS), BATCH).await?;
    if ours.is_empty() {
        return Ok(());
    }
    let ids: Vec<OrderId> = ours.iter().map(|o| o.id).collect();
    let in_crm = state.salesforce.orders(&ids).await?;
    for order in &ours {
        let crm = in_crm.iter().find(|c| c.portal_order_id == Some(order.id));
        match crm.map(|c| c.state) {
            Some(CrmOrderState::Activated) => {}
            Some(_) => see(state, DriftKind::ActiveHereOnly, order, json!({}), now).await?,
            None => see(state, DriftKind::UnknownToCrm, order, json!({}), now).await?,
        }
    }
    Ok(())
}
