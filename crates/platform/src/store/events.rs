//! The append-only log of what happened, written in the transaction of the change itself.

use super::{StoreError, StoreResult, statement};
use crate::clock::new_id;
use domain::{CustomerId, OrderId, Timestamp, UserId};
use sea_orm::ConnectionTrait;

/// One fact. `data` holds ids and codes, no personal data.
#[derive(Clone, Debug, Default)]
pub struct DomainEvent<'a> {
    /// `snake_case` fact such as `order_placed`.
    pub kind: &'a str,
    pub customer_id: Option<CustomerId>,
    pub order_id: Option<OrderId>,
    /// The person who did it; nobody for the system's own acts.
    pub user_id: Option<UserId>,
    pub request_id: Option<&'a str>,
    pub data: serde_json::Value,
}

/// # Errors
/// Only the database's own.
pub async fn append<C: ConnectionTrait>(conn: &C, event: DomainEvent<'_>, now: Timestamp) -> StoreResult<()> {
    let sql = "INSERT INTO domain_event (id, at, kind, customer_id, order_id, person_id, request_id, data)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        new_id().into(),
        now.millis().into(),
        event.kind.into(),
        event.customer_id.map(|id| id.0).into(),
        event.order_id.map(|id| id.0).into(),
        event.user_id.map(|id| id.0).into(),
        event.request_id.map(str::to_owned).into(),
        event.data.into(),
    ];
    conn.execute_raw(statement(conn, sql, values)).await.map_err(StoreError::Db)?;
    Ok(())
}
