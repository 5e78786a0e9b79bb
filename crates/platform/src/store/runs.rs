//! Provisioning runs: the recorded steps of an order. Every write is made in a transaction that has checked that the
//! job is still held ([`crate::queue::assert_held`]).

use super::entities::run_step;
use super::{StoreError, StoreResult, execute, query};
use domain::orders::fulfilment::{PlannedStep, RecordedStep, Run, Step, StepState};
use domain::{CustomerId, OrderId, ServiceId, Timestamp};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A step as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub planned: PlannedStep,
    pub state: StepState,
    /// Calls made so far.
    pub attempt: u32,
    /// Before this, a step in *intent* is not looked up: the call may still be at work upstream.
    pub settle_until: Option<Timestamp>,
    pub recorded_at: Option<Timestamp>,
    /// What the step gave: ids and numbers that later steps use.
    pub result: Option<serde_json::Value>,
}

/// Result of the step `reserve_line`. A stored format.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedLine {
    /// Phone number, digits only.
    pub number: String,
    /// The card of a physical SIM.
    pub iccid: Option<String>,
}

/// Number and card identify a person's phone.
impl std::fmt::Debug for ReservedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReservedLine(•••)")
    }
}

/// Result of the step `add_billing_order`. A stored format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingOrderRef {
    pub whmcs_order_id: u64,
}

/// Result of the step `accept_billing_order`. A stored format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedServices {
    pub whmcs_order_id: u64,
    pub services: Vec<ItemService>,
}

/// The service that an order item became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemService {
    /// From 1.
    pub item: u32,
    pub service_id: ServiceId,
}

impl StepRow {
    /// The recorded result of this step in its type; `None` when there is none of that form.
    pub fn result_as<T: DeserializeOwned>(&self) -> Option<T> {
        self.result.clone().and_then(|value| serde_json::from_value(value).ok())
    }
}

/// The result of a step of a run, `item` 0 for a step of the whole order.
pub fn result_of<T: DeserializeOwned>(steps: &[StepRow], step: Step, item: u32) -> Option<T> {
    steps.iter().find(|s| s.planned == PlannedStep { step, item }).and_then(StepRow::result_as)
}

/// The planner's view of recorded steps.
pub fn run(steps: &[StepRow]) -> Run {
    Run { steps: steps.iter().map(|s| RecordedStep { planned: s.planned, state: s.state }).collect() }
}

/// Opens the run of an order with its planned steps; one that is there already stays as it is.
///
/// # Errors
/// Only the database's own.
pub async fn open<C: ConnectionTrait>(
    conn: &C,
    order: OrderId,
    plan: &[PlannedStep],
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "INSERT INTO run (order_id, state, created_at, updated_at) VALUES ($1, 'open', $2, $2)
               ON CONFLICT DO NOTHING";
    if execute(conn, sql, [order.0.into(), now.millis().into()]).await? == 0 {
        return Ok(false);
    }
    for (seq, planned) in (0_i32..).zip(plan) {
        let sql = "INSERT INTO run_step (order_id, name, item_no, seq, state) VALUES ($1, $2, $3, $4, 'todo')";
        execute(conn, sql, [order.0.into(), planned.step.name().into(), item_no(*planned).into(), seq.into()]).await?;
    }
    Ok(true)
}

/// The recorded steps in plan order; empty when no run exists.
///
/// # Errors
/// Only the database's own, or a step of another release.
pub async fn load<C: ConnectionTrait>(conn: &C, order: OrderId) -> StoreResult<Vec<StepRow>> {
    let rows = run_step::Entity::find()
        .filter(run_step::Column::OrderId.eq(order.0))
        .order_by_asc(run_step::Column::Seq)
        .all(conn)
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// The services that this customer's orders have become.
///
/// # Errors
/// Only the database's own.
pub async fn services_of<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<Vec<(ServiceId, OrderId)>> {
    let sql = "SELECT s.order_id, s.result FROM run_step s JOIN customer_order o ON o.id = s.order_id
               WHERE o.customer_id = $1 AND s.name = $2 AND s.result IS NOT NULL";
    let rows = query(conn, sql, [owner.0.into(), Step::AcceptBillingOrder.name().into()]).await?;
    let mut found = Vec::new();
    for row in rows {
        let order = OrderId(row.try_get("", "order_id")?);
        let result: serde_json::Value = row.try_get("", "result")?;
        let accepted: AcceptedServices =
            serde_json::from_value(result).map_err(|_| StoreError::Unreadable("accepted services"))?;
        found.extend(accepted.services.into_iter().map(|s| (s.service_id, order)));
    }
    Ok(found)
}

/// Records that a call is about to be sent.
///
/// # Errors
/// Only the database's own.
pub async fn record_intent<C: ConnectionTrait>(
    conn: &C,
    order: OrderId,
    planned: PlannedStep,
    epoch: i64,
    settle_until: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    let sql =
        "UPDATE run_step SET state = 'intent', attempt = attempt + 1, epoch = $4, intent_at = $5, settle_until = $6,
                                   recorded_at = $5, error = NULL
               WHERE order_id = $1 AND name = $2 AND item_no = $3";
    let values = [
        order.0.into(),
        planned.step.name().into(),
        item_no(planned).into(),
        epoch.into(),
        now.millis().into(),
        settle_until.millis().into(),
    ];
    execute(conn, sql, values).await?;
    Ok(())
}

/// What is recorded about a step after it was tried.
pub struct StepRecord {
    pub state: StepState,
    pub result: Option<serde_json::Value>,
    /// A code, never upstream text.
    pub error: Option<String>,
}

/// Records how a step stands now. A result once recorded stays when the new record has none.
///
/// # Errors
/// Only the database's own.
pub async fn record<C: ConnectionTrait>(
    conn: &C,
    order: OrderId,
    planned: PlannedStep,
    epoch: i64,
    record: StepRecord,
    now: Timestamp,
) -> StoreResult<()> {
    let sql = "UPDATE run_step SET state = $4, epoch = $5, recorded_at = $6, result = COALESCE($7, result), error = $8
               WHERE order_id = $1 AND name = $2 AND item_no = $3";
    let values = [
        order.0.into(),
        planned.step.name().into(),
        item_no(planned).into(),
        record.state.name().into(),
        epoch.into(),
        now.millis().into(),
        record.result.into(),
        record.error.into(),
    ];
    execute(conn, sql, values).await?;
    Ok(())
}

/// Opens stopped steps again, after a person has put the job back to work. A step that makes something starts as
/// *intent* whose settle time is over: it is looked up before it is sent again.
///
/// # Errors
/// Only the database's own, or a step of another release.
pub async fn reopen<C: ConnectionTrait>(conn: &C, order: OrderId, now: Timestamp) -> StoreResult<()> {
    for row in load(conn, order).await? {
        if !matches!(row.state, StepState::Refused | StepState::Unclear) {
            continue;
        }
        let state = if row.planned.step.needs_intent() { StepState::Intent } else { StepState::Todo };
        let sql = "UPDATE run_step SET state = $4, settle_until = 0, recorded_at = $5, error = NULL
                   WHERE order_id = $1 AND name = $2 AND item_no = $3";
        let values = [
            order.0.into(),
            row.planned.step.name().into(),
            item_no(row.planned).into(),
            state.name().into(),
            now.millis().into(),
        ];
        execute(conn, sql, values).await?;
    }
    Ok(())
}

/// Names how a run stands as a whole, for people.
///
/// # Errors
/// Only the database's own.
pub async fn set_run_state<C: ConnectionTrait>(
    conn: &C,
    order: OrderId,
    state: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let sql = "UPDATE run SET state = $2, updated_at = $3 WHERE order_id = $1";
    execute(conn, sql, [order.0.into(), state.into(), now.millis().into()]).await?;
    Ok(())
}

fn item_no(planned: PlannedStep) -> i32 {
    i32::try_from(planned.item).unwrap_or(i32::MAX)
}

fn from_row(row: run_step::Model) -> StoreResult<StepRow> {
    let step: Step = row.name.parse().map_err(|_| StoreError::Unreadable("step"))?;
    Ok(StepRow {
        planned: PlannedStep { step, item: u32::try_from(row.item_no).unwrap_or(0) },
        state: StepState::from_name(&row.state).ok_or(StoreError::Unreadable("step state"))?,
        attempt: u32::try_from(row.attempt).unwrap_or(0),
        settle_until: row.settle_until.map(Timestamp),
        recorded_at: row.recorded_at.map(Timestamp),
        result: row.result,
    })
}
