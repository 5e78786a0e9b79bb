//! Orders of the portal. A customer's reads take the owner; the worker's are named so.

use super::entities::customer_order;
use super::events::DomainEvent;
use super::{StoreError, StoreResult, execute, on_unique, query, query_one};
use crate::change::Change;
use crate::owner::Owner;
use domain::catalog::{Category, Cycle, SimKind};
use domain::common::page::Page;
use domain::common::pii::Pii;
use domain::common::text::LocalText;
use domain::orders::fulfilment::ItemKind;
use domain::orders::{Quote, Stage};
use domain::{CustomerId, Date, OrderId, Sku, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What was ordered, as it was when it was ordered: names, prices and the upstream ids that fulfil it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderContent {
    pub items: Vec<StoredItem>,
    pub quote: Quote,
    /// The request that placed it: what the customer, the logs and every later step share.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// One service of an order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredItem {
    pub plan: Sku,
    pub name: LocalText,
    pub category: Category,
    pub sim: Option<SimKind>,
    /// 32 digits, eSIM only.
    pub eid: Option<String>,
    /// The number that is taken along from another operator, eSIM only.
    #[serde(default)]
    pub port_in: Option<StoredPortIn>,
    pub voice: bool,
    pub freebit_plan_code: Option<String>,
    /// What billing has to add, the plan first.
    pub billing: Vec<StoredBillingLine>,
}

/// A number that comes from another operator. Its parts do not print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPortIn {
    /// 11 digits.
    pub number: Pii<String>,
    /// Ten digits.
    pub reservation_number: Pii<String>,
    /// The last day of the reservation, in Japan.
    pub expires_on: Date,
    pub holder_name_kana: Pii<String>,
}

/// The EID identifies a person's phone.
impl std::fmt::Debug for StoredItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredItem").field("plan", &self.plan).field("sim", &self.sim).finish_non_exhaustive()
    }
}

/// A billing product of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBillingLine {
    pub whmcs_product_id: u64,
    pub cycle: Cycle,
}

impl OrderContent {
    pub fn kinds(&self) -> Vec<ItemKind> {
        self.items.iter().map(|i| ItemKind { category: i.category, sim: i.sim }).collect()
    }
}

/// An order row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub customer_id: CustomerId,
    /// Salesforce `OrderNumber`.
    pub number: String,
    /// 18 characters.
    pub salesforce_order_id: String,
    pub stage: Stage,
    pub content: OrderContent,
    pub placed_at: Timestamp,
    /// When it was approved or rejected.
    pub decided_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    /// Rises by one with every change.
    pub version: i64,
}

/// A fact about an order, as [`Order`]-changing functions log it.
#[derive(Clone, Debug)]
pub struct Fact<'a> {
    /// `snake_case`; a stored format.
    pub kind: &'a str,
    /// Ids and codes.
    pub data: serde_json::Value,
}

impl<'a> Fact<'a> {
    pub fn new(kind: &'a str) -> Self {
        Self { kind, data: json!({}) }
    }
}

/// Keeps a new order.
///
/// # Errors
/// [`StoreError::Taken`] when the order is already there.
pub async fn insert(change: &mut Change, order: &Order) -> StoreResult<()> {
    let content = serde_json::to_value(&order.content).map_err(|_| StoreError::Unreadable("order"))?;
    let row = customer_order::ActiveModel {
        id: Set(order.id.0),
        customer_id: Set(order.customer_id.0),
        number: Set(order.number.clone()),
        salesforce_order_id: Set(order.salesforce_order_id.clone()),
        stage: Set(order.stage.name().to_owned()),
        content: Set(content),
        placed_at: Set(order.placed_at.millis()),
        decided_at: Set(order.decided_at.map(Timestamp::millis)),
        updated_at: Set(order.updated_at.millis()),
        version: Set(order.version),
    };
    customer_order::Entity::insert(row)
        .exec_without_returning(change.conn())
        .await
        .map_err(|e| on_unique(e, "customer_order_pkey", "customer_order.id"))?;
    let mut fact = Fact::new("order_placed");
    fact.data = json!({ "salesforce_order_id": order.salesforce_order_id, "number": order.number });
    let after = json!({
        "stage": order.stage.name(), "placed_at": order.placed_at.millis(),
        "decided_at": order.decided_at.map(Timestamp::millis),
    });
    log(change, order, order.version, fact, json!({}), after).await
}

/// An order of this customer; somebody else's is not found.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn find<C: ConnectionTrait>(conn: &C, owner: Owner, id: OrderId) -> StoreResult<Option<Order>> {
    let query =
        customer_order::Entity::find_by_id(id.0).filter(customer_order::Column::CustomerId.eq(owner.customer_id().0));
    query.one(conn).await?.map(from_row).transpose()
}

/// This customer's orders, newest first. `page` counts from 1.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn list<C: ConnectionTrait>(conn: &C, owner: Owner, page: u32, per_page: u32) -> StoreResult<Page<Order>> {
    let query = customer_order::Entity::find()
        .filter(customer_order::Column::CustomerId.eq(owner.customer_id().0))
        .order_by_desc(customer_order::Column::PlacedAt)
        .order_by_asc(customer_order::Column::Id);
    let pages = query.paginate(conn, u64::from(per_page));
    let total = pages.num_items().await?;
    let rows = pages.fetch_page(u64::from(page.saturating_sub(1))).await?;
    let items = rows.into_iter().map(from_row).collect::<StoreResult<_>>()?;
    Ok(Page { items, total, page, per_page })
}

/// For the worker: the order that Salesforce knows by this id.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn find_by_salesforce_id<C: ConnectionTrait>(conn: &C, salesforce_id: &str) -> StoreResult<Option<Order>> {
    let query = customer_order::Entity::find().filter(customer_order::Column::SalesforceOrderId.eq(salesforce_id));
    query.one(conn).await?.map(from_row).transpose()
}

/// For the worker: orders that wait for a decision in Salesforce, oldest first.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn awaiting_approval<C: ConnectionTrait>(conn: &C, limit: u64) -> StoreResult<Vec<Order>> {
    use sea_orm::QuerySelect as _;
    let rows = customer_order::Entity::find()
        .filter(customer_order::Column::Stage.eq(Stage::AwaitingApproval.name()))
        .order_by_asc(customer_order::Column::PlacedAt)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// For the worker: those of these orders that we have, by their Salesforce ids (18 characters).
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn by_salesforce_ids<C: ConnectionTrait>(conn: &C, ids: &[String]) -> StoreResult<Vec<Order>> {
    let mut found = Vec::with_capacity(ids.len());
    // SQLite takes 32,766 values in a statement, other limits are higher.
    for some in ids.chunks(1_000) {
        let query = customer_order::Entity::find()
            .filter(customer_order::Column::SalesforceOrderId.is_in(some.iter().map(String::as_str)));
        for row in query.all(conn).await? {
            found.push(from_row(row)?);
        }
    }
    Ok(found)
}

/// For the worker: orders that became active since then, newest first.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn active_since<C: ConnectionTrait>(conn: &C, since: Timestamp, limit: u64) -> StoreResult<Vec<Order>> {
    use sea_orm::QuerySelect as _;
    let rows = customer_order::Entity::find()
        .filter(customer_order::Column::Stage.eq(Stage::Active.name()))
        .filter(customer_order::Column::UpdatedAt.gte(since.millis()))
        .order_by_desc(customer_order::Column::UpdatedAt)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// For the worker: orders under way that no job will carry on, with the state of their job (none: there is no job).
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub async fn without_live_job<C: ConnectionTrait>(conn: &C, limit: u64) -> StoreResult<Vec<(Order, Option<String>)>> {
    let sql = "SELECT o.salesforce_order_id AS subject, j.state AS state FROM customer_order o
               LEFT JOIN job j ON j.kind = 'provision' AND j.dedupe_key = o.salesforce_order_id
               WHERE o.stage = $1 AND (j.state IS NULL OR j.state NOT IN ('ready', 'leased'))
               ORDER BY o.placed_at LIMIT $2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query(conn, sql, [Stage::Provisioning.name().into(), limit.into()]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (subject, state): (String, Option<String>) = (row.try_get("", "subject")?, row.try_get("", "state")?);
        if let Some(order) = find_by_salesforce_id(conn, &subject).await? {
            found.push((order, state));
        }
    }
    Ok(found)
}

/// Moves an order to another stage. `decided_at` is kept once set.
///
/// # Errors
/// [`StoreError::Stale`] when the row was changed since `order` was read.
pub async fn move_to(
    change: &mut Change,
    order: &Order,
    stage: Stage,
    decided_at: Option<Timestamp>,
    fact: Fact<'_>,
) -> StoreResult<()> {
    let decided_at = order.decided_at.or(decided_at);
    let sql = "UPDATE customer_order SET stage = $3, decided_at = $4, updated_at = $5, version = version + 1
               WHERE id = $1 AND version = $2";
    let decided = decided_at.map(Timestamp::millis);
    let now = change.now().millis();
    let values = [order.id.0.into(), order.version.into(), stage.name().into(), decided.into(), now.into()];
    if execute(change.conn(), sql, values).await? != 1 {
        return Err(StoreError::Stale);
    }
    let before = json!({ "stage": order.stage.name(), "decided_at": order.decided_at.map(Timestamp::millis) });
    let after = json!({ "stage": stage.name(), "decided_at": decided });
    log(change, order, order.version + 1, fact, before, after).await
}

/// Raises the version of an order because something that belongs to it has changed, and logs what.
pub(super) async fn touch(
    change: &mut Change,
    order: &Order,
    fact: Fact<'_>,
    before: serde_json::Value,
    after: serde_json::Value,
) -> StoreResult<()> {
    let sql = "UPDATE customer_order SET updated_at = $2, version = version + 1 WHERE id = $1 RETURNING version";
    let row = query_one(change.conn(), sql, [order.id.0.into(), change.now().millis().into()]).await?;
    let version = row.ok_or(StoreError::Stale)?.try_get("", "version")?;
    log(change, order, version, fact, before, after).await
}

async fn log(
    change: &mut Change,
    order: &Order,
    version: i64,
    fact: Fact<'_>,
    before: serde_json::Value,
    after: serde_json::Value,
) -> StoreResult<()> {
    let event = DomainEvent {
        kind: fact.kind,
        customer_id: Some(order.customer_id),
        order_id: Some(order.id),
        // The click that began it all, whoever works on it now.
        request_id: order.content.request_id.as_deref(),
        data: fact.data,
        version: Some(version),
        before: Some(before),
        after: Some(after),
        ..DomainEvent::default()
    };
    change.append(event).await
}

/// Strikes the EID and the number that was taken along from what a customer ordered; the rest is a record of the business.
///
/// # Errors
/// Only the database's own, or a row that this release cannot read.
pub(super) async fn forget_devices<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<()> {
    let rows = customer_order::Entity::find().filter(customer_order::Column::CustomerId.eq(owner.0)).all(conn).await?;
    for row in rows {
        let id = row.id;
        let mut content = from_row(row)?.content;
        for item in &mut content.items {
            (item.eid, item.port_in) = (None, None);
        }
        let content = serde_json::to_value(&content).map_err(|_| StoreError::Unreadable("order"))?;
        execute(conn, "UPDATE customer_order SET content = $2 WHERE id = $1", [id.into(), content.into()]).await?;
    }
    Ok(())
}

/// How many orders stand where, for metrics.
///
/// # Errors
/// Only the database's own.
pub async fn count_by_stage<C: ConnectionTrait>(conn: &C) -> StoreResult<Vec<(String, i64)>> {
    let rows = query(conn, "SELECT stage, count(*) AS n FROM customer_order GROUP BY stage", []).await?;
    rows.iter().map(|r| Ok((r.try_get("", "stage")?, r.try_get("", "n")?))).collect()
}

fn from_row(row: customer_order::Model) -> StoreResult<Order> {
    Ok(Order {
        id: OrderId(row.id),
        customer_id: CustomerId(row.customer_id),
        number: row.number,
        salesforce_order_id: row.salesforce_order_id,
        stage: Stage::from_name(&row.stage).ok_or(StoreError::Unreadable("stage"))?,
        content: serde_json::from_value(row.content).map_err(|_| StoreError::Unreadable("order"))?,
        placed_at: Timestamp(row.placed_at),
        decided_at: row.decided_at.map(Timestamp),
        updated_at: Timestamp(row.updated_at),
        version: row.version,
    })
}
