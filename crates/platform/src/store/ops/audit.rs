//! The log of what happened, as staff read it.

use super::{Conditions, PER_PAGE};
use crate::store::staff::Staff;
use crate::store::{StoreResult, query};
use domain::common::page::Page;
use domain::ops::AuditEntry;
use domain::ops::contract::Actor;
use domain::{OrderId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};

/// Which facts.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// A kind such as `job_resumed`.
    pub kind: Option<String>,
    pub person: Option<UserId>,
    /// Number of an order.
    pub order: Option<String>,
}

const COLUMNS: &str = "e.id, e.at, e.kind, e.person_id, e.order_id, e.request_id, e.data,
    o.number AS order_number, c.number AS customer_number, s.name AS staff_name";
const FROM: &str = "domain_event e
    LEFT JOIN customer_order o ON o.id = e.order_id
    LEFT JOIN customer c ON c.id = e.customer_id
    LEFT JOIN staff s ON s.person_id = e.person_id";

/// Facts, the newest first; at most 10 000 are counted. `page` counts from 1.
///
/// # Errors
/// Only the database's own.
pub async fn audit<C: ConnectionTrait>(
    conn: &C,
    _staff: &Staff,
    filter: &AuditFilter,
    page: u32,
) -> StoreResult<Page<AuditEntry>> {
    let mut conditions = Conditions::default();
    if let Some(kind) = &filter.kind {
        conditions.add("e.kind = {}", kind.as_str());
    }
    if let Some(person) = filter.person {
        conditions.add("e.person_id = {}", person.0);
    }
    if let Some(number) = &filter.order {
        conditions.add("e.order_id = (SELECT id FROM customer_order WHERE number = {})", number.as_str());
    }
    let total = conditions.count(conn, "domain_event e").await?;
    let (limit, values) = conditions.page(page);
    let sql = format!("SELECT {COLUMNS} FROM {FROM} {} ORDER BY e.at DESC, e.id DESC {limit}", conditions.sql);
    let rows = query(conn, &sql, values).await?;
    Ok(Page { items: rows.iter().map(read).collect::<StoreResult<_>>()?, total, page, per_page: PER_PAGE })
}

/// What happened to an order, newest first.
pub(super) async fn of_order<C: ConnectionTrait>(conn: &C, order: OrderId, most: u32) -> StoreResult<Vec<AuditEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE e.order_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT $2");
    let rows = query(conn, &sql, [order.0.into(), i64::from(most).into()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> StoreResult<AuditEntry> {
    let person: Option<uuid::Uuid> = row.try_get("", "person_id")?;
    let customer_number: Option<String> = row.try_get("", "customer_number")?;
    let data: serde_json::Value = row.try_get("", "data")?;
    // The name that was written with the act stays when the person has left.
    let acted = data.get("staff").and_then(serde_json::Value::as_str).map(str::to_owned);
    let actor = match (person, acted) {
        (None, Some(_)) => Actor::Console,
        (None, None) => Actor::System,
        (Some(_), Some(name)) => Actor::Staff { name },
        (Some(_), None) => match &customer_number {
            Some(number) => Actor::Customer { customer_number: number.clone() },
            // A person without an account is or was one of the staff.
            None => Actor::Staff { name: row.try_get::<Option<String>>("", "staff_name")?.unwrap_or_default() },
        },
    };
    Ok(AuditEntry {
        id: row.try_get("", "id")?,
        at: Timestamp(row.try_get("", "at")?),
        kind: row.try_get("", "kind")?,
        actor,
        person_id: person.map(UserId),
        order_id: row.try_get::<Option<uuid::Uuid>>("", "order_id")?.map(OrderId),
        order_number: row.try_get("", "order_number")?,
        customer_number,
        request_id: row.try_get("", "request_id")?,
        data,
    })
}
