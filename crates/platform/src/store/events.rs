//! The append-only log of what happened, written in the transaction of the change itself.
//!
//! A fact about an order carries the version that the order got by it, and how the changed members stood before and after
//! (JSON merge patches, RFC 7396), so that [`super::history`] can rebuild the tables from the log.

use super::{StoreError, StoreResult, statement};
use crate::clock::new_id;
use crate::origin::{self, Origin};
use domain::account::activity;
use domain::live::ServerMessage;
use domain::{CustomerId, OrderId, Timestamp, UserId};
use sea_orm::ConnectionTrait;
use serde_json::Value;

/// One fact. `data`, `before` and `after` hold ids and codes, no personal data.
#[derive(Clone, Debug, Default)]
pub struct DomainEvent<'a> {
    /// `snake_case` fact such as `order_placed`.
    pub kind: &'a str,
    pub customer_id: Option<CustomerId>,
    pub order_id: Option<OrderId>,
    /// The person who did it; nobody for the system's own acts.
    pub user_id: Option<UserId>,
    pub request_id: Option<&'a str>,
    pub data: Value,
    /// The order's version after the change; none for a fact that changes no row of an order.
    pub version: Option<i64>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl DomainEvent<'_> {
    /// What the customer's open pages are told of it.
    pub fn news(&self) -> impl Iterator<Item = ServerMessage> {
        let changed = self.order_id.map(|order_id| ServerMessage::OrderChanged { order_id });
        changed.into_iter().chain((self.kind == ORDER_ACTIVE).then_some(ServerMessage::SubscriptionsChanged))
    }
}

/// Every service of the order works.
pub const ORDER_ACTIVE: &str = "order_active";

/// # Errors
/// Only the database's own.
pub async fn append<C: ConnectionTrait>(conn: &C, event: &DomainEvent<'_>, now: Timestamp) -> StoreResult<()> {
    let sql = "INSERT INTO domain_event
                   (id, at, kind, customer_id, order_id, person_id, request_id, data, version, before, after, device, address)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    debug_assert!(activity::shown(event.kind).is_some(), "{} is not in the table of facts", event.kind);
    // The system's own acts have no origin, also when a request sets them off.
    let origin = if event.user_id.is_some() { origin::current() } else { Origin::default() };
    let values = [
        new_id().into(),
        now.millis().into(),
        event.kind.into(),
        event.customer_id.map(|id| id.0).into(),
        event.order_id.map(|id| id.0).into(),
        event.user_id.map(|id| id.0).into(),
        event.request_id.map(str::to_owned).into(),
        event.data.clone().into(),
        event.version.into(),
        event.before.clone().into(),
        event.after.clone().into(),
        origin.device.into(),
        origin.address.into(),
    ];
    conn.execute_raw(statement(conn, sql, values)).await.map_err(StoreError::Db)?;
    Ok(())
}
