//! How often something was tried of late, by whom or for what. Counted in the database, so that a restart forgets nothing
//! and all processes count together.

use super::{StoreResult, execute, query_one};
use domain::Timestamp;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// How many tries in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub kind: &'static str,
    pub tries: usize,
    pub window_ms: i64,
}

/// Counts a try for a subject (the hash of an address or number). `Err` with the milliseconds until the next one is
/// allowed when the allowance is used up; such a try does not count. Call inside a transaction: the row stays locked, so
/// that tries at the same time count one after the other.
///
/// # Errors
/// The outer error is the database's own.
pub async fn count<C: ConnectionTrait>(
    conn: &C,
    allowance: Allowance,
    subject: &[u8],
    now: Timestamp,
) -> StoreResult<Result<(), i64>> {
    let Allowance { kind, tries, window_ms } = allowance;
    let since = now.millis() - window_ms;
    let ids = || [kind.into(), subject.to_vec().into()];
    let sql = "INSERT INTO tries (kind, subject, times, last_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (kind, subject) DO UPDATE SET kind = excluded.kind RETURNING times";
    let row = query_one(conn, sql, ids().into_iter().chain([json!([]).into(), now.millis().into()])).await?;
    let times: Value = row.ok_or(super::StoreError::Unreadable("tries"))?.try_get("", "times")?;
    let mut times: Vec<i64> = times.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    times.retain(|at| *at > since);
    if times.len() >= tries {
        // Room is made when the oldest that still fills the allowance leaves the window.
        let frees = times[times.len() - tries] + window_ms;
        return Ok(Err((frees - now.millis()).max(1)));
    }
    times.push(now.millis());
    let sql = "UPDATE tries SET times = $3, last_at = $4 WHERE kind = $1 AND subject = $2";
    execute(conn, sql, ids().into_iter().chain([json!(times).into(), now.millis().into()])).await?;
    Ok(Ok(()))
}

/// Forgets subjects that were not tried since then.
///
/// # Errors
/// Only the database's own.
pub async fn forget<C: ConnectionTrait>(conn: &C, kind: &str, before: Timestamp) -> StoreResult<()> {
    execute(conn, "DELETE FROM tries WHERE kind = $1 AND last_at < $2", [kind.into(), before.millis().into()]).await?;
    Ok(())
}
