//! Which order keeps which number. A number is claimed before the CRM hears of its order, so that two open orders never
//! ask another operator for the same number.

use super::{StoreResult, execute};
use domain::{OrderId, Timestamp};
use sea_orm::ConnectionTrait;

/// An order that is not kept yet holds its number for longer than its placing may take. A later repeat of it claims anew.
const UNKEPT_MS: i64 = 10 * 60 * 1000;

/// Claims a number (11 digits) for an order; `false` while another open order has it. Claiming it again for the same order
/// changes nothing.
///
/// # Errors
/// Only the database's own.
pub async fn claim<C: ConnectionTrait>(conn: &C, number: &str, order: OrderId, now: Timestamp) -> StoreResult<bool> {
    let sql = "INSERT INTO port_in (number, order_id, claimed_at) VALUES ($1, $2, $3)
               ON CONFLICT (number) DO UPDATE SET order_id = excluded.order_id, claimed_at = excluded.claimed_at
               WHERE port_in.order_id = excluded.order_id
                  OR EXISTS (SELECT 1 FROM customer_order o WHERE o.id = port_in.order_id AND o.stage IN ('active', 'rejected'))
                  OR (port_in.claimed_at < $4 AND NOT EXISTS (SELECT 1 FROM customer_order o WHERE o.id = port_in.order_id))";
    let before = now.plus_millis(-UNKEPT_MS).millis();
    let values = [number.into(), order.0.into(), now.millis().into(), before.into()];
    Ok(execute(conn, sql, values).await? == 1)
}

/// Lets go of what an order has claimed that will never be.
///
/// # Errors
/// Only the database's own.
pub async fn release<C: ConnectionTrait>(conn: &C, order: OrderId) -> StoreResult<()> {
    execute(conn, "DELETE FROM port_in WHERE order_id = $1", [order.0.into()]).await?;
    Ok(())
}
