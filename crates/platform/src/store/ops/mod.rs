//! What staff read. No owner is taken, but a [`super::staff::Staff`] witness, which only the extractor of the API and the command line
//! have. Names, addresses and numbers of customers are not read here.

mod audit;
mod drift;
mod jobs;
mod overview;
mod runs;

pub use audit::{AuditFilter, audit};
pub use drift::drift;
pub use jobs::{JobFilter, jobs};
pub(crate) use jobs::{job, job_of_order};
pub use overview::{Figures, figures, overview};
pub use runs::{RunFilter, run, runs};

use super::staff::Staff;
use super::{StoreError, StoreResult, query_one};
use domain::orders::Stage;
use domain::{OrderId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// Items on a page of a staff list.
pub const PER_PAGE: u32 = 50;
/// Lists are counted up to here: beyond it nobody turns pages, and counting a large log is dear.
const COUNTED: u64 = 10_000;

/// The order with this number.
///
/// # Errors
/// Only the database's own.
pub async fn order_with<C: ConnectionTrait>(conn: &C, _staff: &Staff, number: &str) -> StoreResult<Option<OrderId>> {
    let row = query_one(conn, "SELECT id FROM customer_order WHERE number = $1", [number.into()]).await?;
    row.map(|r| Ok(OrderId(r.try_get("", "id")?))).transpose()
}

/// Conditions of a list with their values, numbered in the order in which they are added.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// `condition` holds `{}` where the value's place-holder belongs.
    fn add(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.always(&condition.replace("{}", &place));
    }

    /// A condition without a value.
    fn always(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { "WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    /// Matches of `SELECT 1 FROM from`, at most [`COUNTED`].
    async fn count<C: ConnectionTrait>(&self, conn: &C, from: &str) -> StoreResult<u64> {
        let sql =
            format!("SELECT count(*) AS n FROM (SELECT 1 AS one FROM {from} {} LIMIT {COUNTED}) counted", self.sql);
        let row = query_one(conn, &sql, self.values.iter().cloned()).await?.ok_or(StoreError::Unreadable("count"))?;
        let n: i64 = row.try_get("", "n")?;
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// The values, then limit and offset of a page that counts from 1, whose place-holders are returned.
    fn page(&self, page: u32) -> (String, Vec<Value>) {
        let mut values = self.values.clone();
        values.push(i64::from(PER_PAGE).into());
        values.push((i64::from(page.saturating_sub(1)) * i64::from(PER_PAGE)).into());
        (format!("LIMIT ${} OFFSET ${}", values.len() - 1, values.len()), values)
    }
}

/// The order that a job or run is about, from columns `order_id`, `order_number`, `customer_number`, `stage`; `None` when
/// they are null.
fn order_ref(row: &QueryResult) -> StoreResult<Option<domain::ops::OrderRef>> {
    let Some(id) = row.try_get::<Option<uuid::Uuid>>("", "order_id")? else { return Ok(None) };
    let stage: String = row.try_get("", "stage")?;
    Ok(Some(domain::ops::OrderRef {
        id: OrderId(id),
        number: row.try_get("", "order_number")?,
        customer_number: row.try_get("", "customer_number")?,
        stage: Stage::from_name(&stage).ok_or(StoreError::Unreadable("stage"))?,
    }))
}

fn count_of(n: i32) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

fn time_of(row: &QueryResult, column: &str) -> StoreResult<Option<Timestamp>> {
    Ok(row.try_get::<Option<i64>>("", column)?.map(Timestamp))
}
