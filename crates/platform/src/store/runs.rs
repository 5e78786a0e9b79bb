//! Provisioning runs: the recorded steps of an order. Every write is made in a transaction that has checked that the
//! job is still held ([`crate::queue::assert_held`]).

use super::entities::{customer_order, run_step};
use super::orders::{Fact, Order, touch};
use super::{StoreError, StoreResult, execute, query, query_one};
use crate::change::Change;
use crate::owner::Owner;
use domain::orders::fulfilment::{PlannedStep, RecordedStep, Run, Step, StepState};
use domain::{OrderId, ServiceId, Timestamp};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A step as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub planned: PlannedStep,
    pub state: StepState,
    /// Calls made so far.
    pub attempt: u32,
    /// When its last call was announced, by the database's clock.
    pub intent_at: Option<Timestamp>,
    /// Before this, a step in *intent* is not looked up: the call may still be at work upstream.
    pub settle_until: Option<Timestamp>,
    pub recorded_at: Option<Timestamp>,
    /// What the step gave: ids and numbers that later steps use.
    pub result: Option<Value>,
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

/// Opens the run of an order with its planned steps; one that is there already stays as it is (`false`).
///
/// # Errors
/// Only the database's own.
pub async fn open(change: &mut Change, order: &Order, plan: &[PlannedStep]) -> StoreResult<bool> {
    let now = change.now().millis();
    let sql = "INSERT INTO run (order_id, state, created_at, updated_at) VALUES ($1, 'open', $2, $2)
               ON CONFLICT DO NOTHING";
    if execute(change.conn(), sql, [order.id.0.into(), now.into()]).await? == 0 {
        return Ok(false);
    }
    let mut steps = Map::new();
    for (seq, planned) in (0_i32..).zip(plan) {
        let sql = "INSERT INTO run_step (order_id, name, item_no, seq, state) VALUES ($1, $2, $3, $4, 'todo')";
        let values = [order.id.0.into(), planned.step.name().into(), item_no(*planned).into(), seq.into()];
        execute(change.conn(), sql, values).await?;
        let fresh = json!({ "seq": seq, "state": StepState::Todo.name(), "attempt": 0, "epoch": 0 });
        steps.insert(step_key(*planned), fresh);
    }
    let after = json!({ "run": { "state": "open", "created_at": now, "updated_at": now }, "steps": steps });
    touch(change, order, Fact::new("run_opened"), json!({ "run": null, "steps": null }), after).await?;
    Ok(true)
}

/// The recorded steps of an order of this customer in plan order; empty when no run exists, and for somebody else's.
///
/// # Errors
/// Only the database's own, or a step of another release.
pub async fn of_order<C: ConnectionTrait>(conn: &C, owner: Owner, order: OrderId) -> StoreResult<Vec<StepRow>> {
    use sea_orm::sea_query::Query;
    let own = Query::select()
        .column(customer_order::Column::Id)
        .from(customer_order::Entity)
        .and_where(customer_order::Column::Id.eq(order.0))
        .and_where(customer_order::Column::CustomerId.eq(owner.customer_id().0))
        .to_owned();
    let rows = run_step::Entity::find()
        .filter(run_step::Column::OrderId.in_subquery(own))
        .order_by_asc(run_step::Column::Seq)
        .all(conn)
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// For the worker and for staff: the recorded steps in plan order; empty when no run exists.
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
pub async fn services_of<C: ConnectionTrait>(conn: &C, owner: Owner) -> StoreResult<Vec<(ServiceId, OrderId)>> {
    let sql = "SELECT s.order_id, s.result FROM run_step s JOIN customer_order o ON o.id = s.order_id
               WHERE o.customer_id = $1 AND s.name = $2 AND s.result IS NOT NULL";
    let rows = query(conn, sql, [owner.customer_id().0.into(), Step::AcceptBillingOrder.name().into()]).await?;
    let mut found = Vec::new();
    for row in rows {
        let order = OrderId(row.try_get("", "order_id")?);
        let result: Value = row.try_get("", "result")?;
        let accepted: AcceptedServices =
            serde_json::from_value(result).map_err(|_| StoreError::Unreadable("accepted services"))?;
        found.extend(accepted.services.into_iter().map(|s| (s.service_id, order)));
    }
    Ok(found)
}

/// Records that a call is about to be sent. Both times are the database's.
///
/// # Errors
/// Only the database's own.
pub async fn record_intent(
    change: &mut Change,
    order: &Order,
    planned: PlannedStep,
    epoch: i64,
    at: Timestamp,
    settle_until: Timestamp,
) -> StoreResult<()> {
    let now = change.now().millis();
    let set = |step: &mut run_step::Model| {
        StepState::Intent.name().clone_into(&mut step.state);
        step.attempt += 1;
        step.epoch = epoch;
        step.recorded_at = Some(now);
        (step.intent_at, step.settle_until) = (Some(at.millis()), Some(settle_until.millis()));
        step.error = None;
    };
    change_step(change, order, planned, set).await
}

/// What is recorded about a step after it was tried.
pub struct StepRecord {
    pub state: StepState,
    pub result: Option<Value>,
    /// A code, never upstream text.
    pub error: Option<String>,
}

/// Records how a step stands now. A result once recorded stays when the new record has none.
///
/// # Errors
/// Only the database's own.
pub async fn record(
    change: &mut Change,
    order: &Order,
    planned: PlannedStep,
    epoch: i64,
    record: StepRecord,
) -> StoreResult<()> {
    let now = change.now().millis();
    let set = |step: &mut run_step::Model| {
        record.state.name().clone_into(&mut step.state);
        step.epoch = epoch;
        step.recorded_at = Some(now);
        step.result = record.result.or(step.result.take());
        step.error = record.error;
    };
    change_step(change, order, planned, set).await
}

/// Opens stopped steps again, after a person has put the job back to work. A step that makes something starts as
/// *intent* whose settle time is over: it is looked up before it is sent again.
///
/// # Errors
/// Only the database's own, or a step of another release.
pub async fn reopen(change: &mut Change, order: &Order) -> StoreResult<()> {
    let now = change.now().millis();
    for row in load(change.conn(), order.id).await? {
        if !matches!(row.state, StepState::Refused | StepState::Unclear) {
            continue;
        }
        let state = if row.planned.step.needs_intent() { StepState::Intent } else { StepState::Todo };
        let set = |step: &mut run_step::Model| {
            state.name().clone_into(&mut step.state);
            (step.settle_until, step.recorded_at, step.error) = (Some(0), Some(now), None);
        };
        change_step(change, order, row.planned, set).await?;
    }
    set_run_state(change, order, "open").await
}

/// Names how a run stands as a whole, for people.
///
/// # Errors
/// Only the database's own.
pub async fn set_run_state(change: &mut Change, order: &Order, state: &str) -> StoreResult<()> {
    let row = query_one(change.conn(), "SELECT state FROM run WHERE order_id = $1", [order.id.0.into()]).await?;
    let before: String = row.ok_or(StoreError::Stale)?.try_get("", "state")?;
    if before == state {
        return Ok(());
    }
    let now = change.now().millis();
    let sql = "UPDATE run SET state = $2, updated_at = $3 WHERE order_id = $1";
    execute(change.conn(), sql, [order.id.0.into(), state.into(), now.into()]).await?;
    let after = json!({ "run": { "state": state, "updated_at": now } });
    touch(change, order, Fact::new("run_state_changed"), json!({ "run": { "state": before } }), after).await
}

/// Changes a row of a step, and logs how it stood before and after. Its result stays out of the log: it may name a phone.
async fn change_step(
    change: &mut Change,
    order: &Order,
    planned: PlannedStep,
    set: impl FnOnce(&mut run_step::Model),
) -> StoreResult<()> {
    let key = (order.id.0, planned.step.name().to_owned(), item_no(planned));
    let before = run_step::Entity::find_by_id(key).one(change.conn()).await?.ok_or(StoreError::Stale)?;
    let mut after = before.clone();
    set(&mut after);
    let sql = "UPDATE run_step SET state = $4, attempt = $5, epoch = $6, intent_at = $7, settle_until = $8,
                                   recorded_at = $9, result = $10, error = $11
               WHERE order_id = $1 AND name = $2 AND item_no = $3";
    let values = [
        order.id.0.into(),
        planned.step.name().into(),
        item_no(planned).into(),
        after.state.clone().into(),
        after.attempt.into(),
        after.epoch.into(),
        after.intent_at.into(),
        after.settle_until.into(),
        after.recorded_at.into(),
        after.result.clone().into(),
        after.error.clone().into(),
    ];
    execute(change.conn(), sql, values).await?;
    let mut fact = Fact::new("run_step_recorded");
    fact.data = json!({ "step": planned.step.name(), "item": planned.item, "state": after.state, "code": after.error });
    let of = |row: &run_step::Model| json!({ "steps": { step_key(planned): step_facts(row) } });
    touch(change, order, fact, of(&before), of(&after)).await
}

/// Names a step inside its run.
pub(super) fn step_key(planned: PlannedStep) -> String {
    format!("{}/{}", planned.step.name(), planned.item)
}

/// The members of a step that the log keeps.
pub(super) fn step_facts(row: &run_step::Model) -> Value {
    json!({
        "seq": row.seq, "state": row.state, "attempt": row.attempt, "epoch": row.epoch, "intent_at": row.intent_at,
        "settle_until": row.settle_until, "recorded_at": row.recorded_at, "error": row.error,
    })
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
        intent_at: row.intent_at.map(Timestamp),
        settle_until: row.settle_until.map(Timestamp),
        recorded_at: row.recorded_at.map(Timestamp),
        result: row.result,
    })
}
