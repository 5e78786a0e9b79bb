//! Provisioning runs as staff see them.

use super::{Conditions, PER_PAGE, audit, count_of, order_ref, time_of};
use crate::store::runs::{AcceptedServices, BillingOrderRef, load, result_of, run as planner};
use crate::store::staff::Staff;
use crate::store::{StoreError, StoreResult, query, query_one};
use domain::common::page::Page;
use domain::ops::contract::RunJob;
use domain::ops::{JobState, RunDetail, RunStep, RunSummary};
use domain::orders::Stage;
use domain::orders::fulfilment::{Step, StepState, marker};
use domain::{OrderId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::collections::HashMap;

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    pub stage: Option<Stage>,
    /// The beginning of an order number.
    pub number: Option<String>,
}

/// Events shown with a run.
const EVENTS: u32 = 200;

const COLUMNS: &str = "o.id AS order_id, o.number AS order_number, o.stage, c.number AS customer_number,
    r.state AS run_state, r.created_at AS opened_at, o.updated_at,
    j.id AS job_id, j.state AS job_state, j.last_error AS job_error, j.run_at AS job_run_at";
const FROM: &str = "run r
    JOIN customer_order o ON o.id = r.order_id
    JOIN customer c ON c.id = o.customer_id
    LEFT JOIN job j ON j.kind = 'provision' AND j.dedupe_key = o.salesforce_order_id";

/// Runs, the last opened first. `page` counts from 1.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn runs<C: ConnectionTrait>(
    conn: &C,
    _staff: &Staff,
    filter: &RunFilter,
    page: u32,
) -> StoreResult<Page<RunSummary>> {
    let mut conditions = Conditions::default();
    if let Some(stage) = filter.stage {
        conditions.add("o.stage = {}", stage.name());
    }
    if let Some(number) = &filter.number {
        // Digits only by the caller's check, so nothing in it is a wildcard.
        conditions.add("o.number LIKE {}", format!("{number}%"));
    }
    let total = conditions.count(conn, "run r JOIN customer_order o ON o.id = r.order_id").await?;
    let (limit, values) = conditions.page(page);
    let sql =
        format!("SELECT {COLUMNS} FROM {FROM} {} ORDER BY r.created_at DESC, r.order_id DESC {limit}", conditions.sql);
    let rows = query(conn, &sql, values).await?;
    let mut items = rows.iter().map(summary).collect::<StoreResult<Vec<_>>>()?;
    add_steps(conn, &mut items).await?;
    Ok(Page { items, total, page, per_page: PER_PAGE })
}

/// A run with everything that is recorded of it; `None` when the order has none.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn run<C: ConnectionTrait>(conn: &C, _staff: &Staff, order: OrderId) -> StoreResult<Option<RunDetail>> {
    let sql = format!(
        "SELECT {COLUMNS}, o.salesforce_order_id, o.placed_at, o.decided_at, o.content
         FROM {FROM} WHERE r.order_id = $1"
    );
    let Some(row) = query_one(conn, &sql, [order.0.into()]).await? else { return Ok(None) };
    let found = summary(&row)?;
    let recorded = load(conn, order).await?;
    let content: serde_json::Value = row.try_get("", "content")?;
    let billing = result_of::<BillingOrderRef>(&recorded, Step::AddBillingOrder, 0);
    let accepted = result_of::<AcceptedServices>(&recorded, Step::AcceptBillingOrder, 0);
    let sql = format!("SELECT {STEP_COLUMNS} FROM run_step WHERE order_id = $1 ORDER BY seq");
    let steps = query(conn, &sql, [order.0.into()]).await?;
    Ok(Some(RunDetail {
        salesforce_order_id: row.try_get("", "salesforce_order_id")?,
        whmcs_order_id: billing.map(|b| b.whmcs_order_id),
        services: accepted.map(|a| a.services.iter().map(|s| s.service_id.0).collect()).unwrap_or_default(),
        placed_at: Timestamp(row.try_get("", "placed_at")?),
        decided_at: time_of(&row, "decided_at")?,
        opened_at: found.opened_at,
        updated_at: found.updated_at,
        state: found.state,
        request_id: content.get("request_id").and_then(serde_json::Value::as_str).map(str::to_owned),
        past_pivot: planner(&recorded).past_pivot(),
        steps: steps.iter().map(|s| step(s, &found.order.number)).collect::<StoreResult<_>>()?,
        job: found.job,
        events: audit::of_order(conn, order, EVENTS).await?,
        order: found.order,
    }))
}

fn summary(row: &QueryResult) -> StoreResult<RunSummary> {
    let job = match row.try_get::<Option<uuid::Uuid>>("", "job_id")? {
        None => None,
        Some(id) => {
            let state: String = row.try_get("", "job_state")?;
            Some(RunJob {
                id,
                state: JobState::from_name(&state).ok_or(StoreError::Unreadable("job state"))?,
                last_error: row.try_get("", "job_error")?,
                run_at: Timestamp(row.try_get("", "job_run_at")?),
            })
        }
    };
    Ok(RunSummary {
        order: order_ref(row)?.ok_or(StoreError::Unreadable("run"))?,
        state: row.try_get("", "run_state")?,
        opened_at: Timestamp(row.try_get("", "opened_at")?),
        updated_at: Timestamp(row.try_get("", "updated_at")?),
        done: 0,
        steps: 0,
        at: None,
        job,
    })
}

const STEP_COLUMNS: &str = "order_id, name, item_no, state, attempt, intent_at, settle_until, recorded_at, error";

/// How far each run is, with one query for the page.
async fn add_steps<C: ConnectionTrait>(conn: &C, runs: &mut [RunSummary]) -> StoreResult<()> {
    if runs.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (1..=runs.len()).map(|n| format!("${n}")).collect();
    let sql =
        format!("SELECT {STEP_COLUMNS} FROM run_step WHERE order_id IN ({}) ORDER BY order_id, seq", places.join(", "));
    let rows = query(conn, &sql, runs.iter().map(|r| Value::from(r.order.id.0))).await?;
    let mut by_order: HashMap<uuid::Uuid, Vec<&QueryResult>> = HashMap::new();
    for row in &rows {
        by_order.entry(row.try_get("", "order_id")?).or_default().push(row);
    }
    for run in runs {
        let steps = by_order.remove(&run.order.id.0).unwrap_or_default();
        let steps = steps.into_iter().map(|s| step(s, &run.order.number)).collect::<StoreResult<Vec<_>>>()?;
        run.steps = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let done = steps.iter().filter(|s| s.state == StepState::Done.name()).count();
        run.done = u32::try_from(done).unwrap_or(u32::MAX);
        run.at = steps.into_iter().find(RunStep::is_remarkable);
    }
    Ok(())
}

fn step(row: &QueryResult, number: &str) -> StoreResult<RunStep> {
    let item = count_of(row.try_get("", "item_no")?);
    Ok(RunStep {
        step: row.try_get("", "name")?,
        item,
        state: row.try_get("", "state")?,
        attempt: count_of(row.try_get("", "attempt")?),
        marker: (item > 0).then(|| marker(number, item)),
        intent_at: time_of(row, "intent_at")?,
        // 0 marks a step that a person has opened again: look at once.
        settle_until: time_of(row, "settle_until")?.filter(|t| t.millis() > 0),
        recorded_at: time_of(row, "recorded_at")?,
        error: row.try_get("", "error")?,
    })
}
