//! One leader among several processes, by a row that must be renewed.

use super::{StoreResult, execute, now_sql};
use sea_orm::ConnectionTrait;
use std::time::Duration;

/// The name of the lease under which a customer is opened in Salesforce.
pub fn opening(customer: domain::CustomerId) -> String {
    format!("open-customer:{customer}")
}

/// Takes or renews a lease; `false` while another holder's runs. Time is the database's.
///
/// # Errors
/// Only the database's own.
pub async fn hold<C: ConnectionTrait>(conn: &C, name: &str, holder: &str, keep: Duration) -> StoreResult<bool> {
    let now = now_sql(conn);
    let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    let sql = format!(
        "INSERT INTO lease (name, holder, until_at, epoch) VALUES ($1, $2, {now} + $3, 1)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at,
             epoch = lease.epoch + CASE WHEN lease.holder = excluded.holder THEN 0 ELSE 1 END
         WHERE lease.holder = excluded.holder OR lease.until_at < {now}"
    );
    Ok(execute(conn, &sql, [name.into(), holder.into(), keep.into()]).await? == 1)
}

/// Gives a lease back before its end.
///
/// # Errors
/// Only the database's own.
pub async fn give_back<C: ConnectionTrait>(conn: &C, name: &str, holder: &str) -> StoreResult<()> {
    execute(conn, "DELETE FROM lease WHERE name = $1 AND holder = $2", [name.into(), holder.into()]).await?;
    Ok(())
}
