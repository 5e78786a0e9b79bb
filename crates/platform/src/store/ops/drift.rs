//! Differences with Salesforce as staff see them.

use super::{Conditions, PER_PAGE, time_of};
use crate::store::drift::DriftKind;
use crate::store::staff::Staff;
use crate::store::{StoreResult, query};
use domain::common::page::Page;
use domain::ops::DriftView;
use domain::{OrderId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult};

/// Differences, those that are still there first, then the newest. `page` counts from 1.
///
/// # Errors
/// Only the database's own.
pub async fn drift<C: ConnectionTrait>(
    conn: &C,
    _staff: &Staff,
    open: bool,
    page: u32,
) -> StoreResult<Page<DriftView>> {
    let mut conditions = Conditions::default();
    if open {
        conditions.always("d.resolved_at IS NULL");
    }
    let total = conditions.count(conn, "drift d").await?;
    let (limit, values) = conditions.page(page);
    let sql = format!(
        "SELECT d.kind, d.subject, d.detail, d.first_seen, d.last_seen, d.resolved_at, o.id AS order_id, o.number
         FROM drift d LEFT JOIN customer_order o ON o.salesforce_order_id = d.subject {}
         ORDER BY CASE WHEN d.resolved_at IS NULL THEN 0 ELSE 1 END, d.last_seen DESC, d.id {limit}",
        conditions.sql
    );
    let rows = query(conn, &sql, values).await?;
    Ok(Page { items: rows.iter().map(read).collect::<StoreResult<_>>()?, total, page, per_page: PER_PAGE })
}

fn read(row: &QueryResult) -> StoreResult<DriftView> {
    let kind: String = row.try_get("", "kind")?;
    let detail: serde_json::Value = row.try_get("", "detail")?;
    let told = detail.get("number").and_then(serde_json::Value::as_str).map(str::to_owned);
    Ok(DriftView {
        mends_itself: DriftKind::ALL.iter().any(|k| k.name() == kind && k.mends_itself()),
        kind,
        salesforce_order_id: row.try_get("", "subject")?,
        order_id: row.try_get::<Option<uuid::Uuid>>("", "order_id")?.map(OrderId),
        order_number: row.try_get::<Option<String>>("", "number")?.or(told),
        first_seen: Timestamp(row.try_get("", "first_seen")?),
        last_seen: Timestamp(row.try_get("", "last_seen")?),
        resolved_at: time_of(row, "resolved_at")?,
    })
}
