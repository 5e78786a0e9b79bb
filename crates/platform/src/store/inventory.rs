//! The operator's stock of phone numbers and SIM cards. A value is allotted to one order item and stored before any
//! call names it, so that a crash cannot lose or double it.

use super::{StoreResult, execute, query, query_one};
use domain::{OrderId, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend};

/// What is in stock. Stored names are a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockKind {
    /// A phone number, digits only.
    Msisdn,
    /// A physical SIM card by its ICCID.
    Iccid,
}

impl StockKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Msisdn => "msisdn",
            Self::Iccid => "iccid",
        }
    }
}

/// Adds values; those already known are left alone. Returns how many are new.
///
/// # Errors
/// Only the database's own.
pub async fn add<C: ConnectionTrait>(conn: &C, kind: StockKind, values: &[String]) -> StoreResult<u64> {
    let mut added = 0;
    for value in values {
        let sql = "INSERT INTO inventory (kind, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        added += execute(conn, sql, [kind.name().into(), value.as_str().into()]).await?;
    }
    Ok(added)
}

/// The value of this order item: the one allotted before, or the next free one; `None` when the stock is empty.
///
/// # Errors
/// Only the database's own.
pub async fn allot<C: ConnectionTrait>(
    conn: &C,
    kind: StockKind,
    order: OrderId,
    item: u32,
    now: Timestamp,
) -> StoreResult<Option<String>> {
    let item = i32::try_from(item).unwrap_or(i32::MAX);
    let sql = "SELECT value FROM inventory WHERE kind = $1 AND order_id = $2 AND item_no = $3";
    if let Some(row) = query_one(conn, sql, [kind.name().into(), order.0.into(), item.into()]).await? {
        return Ok(Some(row.try_get("", "value")?));
    }
    let lock = match conn.get_database_backend() {
        DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    let sql = format!(
        "UPDATE inventory SET order_id = $2, item_no = $3, allotted_at = $4
         WHERE kind = $1 AND value = (SELECT value FROM inventory WHERE kind = $1 AND order_id IS NULL
                                      ORDER BY value LIMIT 1 {lock})
         RETURNING value"
    );
    let row = query_one(conn, &sql, [kind.name().into(), order.0.into(), item.into(), now.millis().into()]).await?;
    row.map(|r| Ok(r.try_get("", "value")?)).transpose()
}

/// Gives back what an order item was allotted, before anybody used it.
///
/// # Errors
/// Only the database's own.
pub async fn release<C: ConnectionTrait>(conn: &C, order: OrderId, item: u32) -> StoreResult<()> {
    let item = i32::try_from(item).unwrap_or(i32::MAX);
    let sql = "UPDATE inventory SET order_id = NULL, item_no = NULL, allotted_at = NULL
               WHERE order_id = $1 AND item_no = $2";
    execute(conn, sql, [order.0.into(), item.into()]).await?;
    Ok(())
}

/// Free values by kind, for metrics and the command line.
///
/// # Errors
/// Only the database's own.
pub async fn free<C: ConnectionTrait>(conn: &C) -> StoreResult<Vec<(String, i64)>> {
    let sql = "SELECT kind, count(*) AS n FROM inventory WHERE order_id IS NULL GROUP BY kind";
    let rows = query(conn, sql, []).await?;
    rows.iter().map(|r| Ok((r.try_get("", "kind")?, r.try_get("", "n")?))).collect()
}
