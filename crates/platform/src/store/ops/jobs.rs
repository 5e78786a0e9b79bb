//! Jobs as staff see them.

use super::{Conditions, PER_PAGE, count_of, order_ref, time_of};
use crate::store::staff::Staff;
use crate::store::{StoreError, StoreResult, query, query_one};
use domain::common::page::Page;
use domain::ops::{JobState, JobView};
use domain::{OrderId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

/// Which jobs. Without a state: all that are not finished.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    pub state: Option<JobState>,
    pub kind: Option<String>,
}

const COLUMNS: &str =
    "j.id, j.kind, j.dedupe_key, j.state, j.attempts, j.max_attempts, j.crashes, j.run_at, j.lease_until,
    j.last_error, j.request_id, j.created_at, j.finished_at,
    o.id AS order_id, o.number AS order_number, o.stage, c.number AS customer_number";
/// A provision job is named by the Salesforce id of its order.
const FROM: &str = "job j
    LEFT JOIN customer_order o ON j.kind = 'provision' AND o.salesforce_order_id = j.dedupe_key
    LEFT JOIN customer c ON c.id = o.customer_id";

/// Jobs, the newest first. `page` counts from 1.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn jobs<C: ConnectionTrait>(
    conn: &C,
    _staff: &Staff,
    filter: &JobFilter,
    page: u32,
) -> StoreResult<Page<JobView>> {
    let mut conditions = Conditions::default();
    match filter.state {
        Some(state) => conditions.add("j.state = {}", state.name()),
        None => conditions.add("j.state <> 'done' AND j.state <> {}", JobState::Discarded.name()),
    }
    if let Some(kind) = &filter.kind {
        conditions.add("j.kind = {}", kind.as_str());
    }
    let total = conditions.count(conn, "job j").await?;
    let (limit, values) = conditions.page(page);
    let sql = format!("SELECT {COLUMNS} FROM {FROM} {} ORDER BY j.created_at DESC, j.id DESC {limit}", conditions.sql);
    let rows = query(conn, &sql, values).await?;
    let items = rows.iter().map(read).collect::<StoreResult<_>>()?;
    Ok(Page { items, total, page, per_page: PER_PAGE })
}

/// One job, for an act on it.
pub(crate) async fn job<C: ConnectionTrait>(conn: &C, id: Uuid) -> StoreResult<Option<JobView>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE j.id = $1");
    query_one(conn, &sql, [id.into()]).await?.as_ref().map(read).transpose()
}

/// The provision job of an order.
pub(crate) async fn job_of_order<C: ConnectionTrait>(conn: &C, order: OrderId) -> StoreResult<Option<JobView>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE j.kind = 'provision' AND o.id = $1");
    query_one(conn, &sql, [order.0.into()]).await?.as_ref().map(read).transpose()
}

fn read(row: &QueryResult) -> StoreResult<JobView> {
    let state: String = row.try_get("", "state")?;
    Ok(JobView {
        id: row.try_get("", "id")?,
        kind: row.try_get("", "kind")?,
        subject: row.try_get("", "dedupe_key")?,
        state: JobState::from_name(&state).ok_or(StoreError::Unreadable("job state"))?,
        attempts: count_of(row.try_get("", "attempts")?),
        max_attempts: count_of(row.try_get("", "max_attempts")?),
        crashes: count_of(row.try_get("", "crashes")?),
        run_at: Timestamp(row.try_get("", "run_at")?),
        lease_until: time_of(row, "lease_until")?,
        last_error: row.try_get("", "last_error")?,
        request_id: row.try_get("", "request_id")?,
        created_at: Timestamp(row.try_get("", "created_at")?),
        finished_at: time_of(row, "finished_at")?,
        order: order_ref(row)?,
    })
}
