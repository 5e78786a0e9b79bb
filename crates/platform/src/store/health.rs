//! How each process sees the connected systems. The breaker is a process's own, so every process writes its view, and
//! staff see them side by side.

use super::{Db, StoreResult, execute, query};
use domain::Timestamp;
use domain::ops::UpstreamView;
use sea_orm::ConnectionTrait;
use std::time::Duration;

/// How often a process writes.
pub const EVERY: Duration = Duration::from_secs(10);
/// A view that is older is not believed, milliseconds.
const STALE_MS: i64 = 35_000;
/// A view that is older is forgotten, milliseconds: its process has ended.
const FORGOTTEN_MS: i64 = 15 * 60 * 1000;

/// What a process knows of one system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub provider: &'static str,
    /// `closed`, `half_open` or `open`.
    pub breaker: &'static str,
    pub calls: u32,
    pub failed: u32,
    pub denied: u32,
    pub p50_ms: Option<u32>,
    pub p99_ms: Option<u32>,
}

/// Writes a process's view in place of its last one, and forgets processes that have ended.
///
/// # Errors
/// Only the database's own.
pub async fn write(db: &Db, process: &str, seen: &[Seen], now: Timestamp) -> StoreResult<()> {
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let tx = db.begin().await?;
    let sql = "INSERT INTO upstream_health (process, provider, breaker, calls, failed, denied, p50_ms, p99_ms, at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (process, provider) DO UPDATE SET breaker = excluded.breaker, calls = excluded.calls,
                   failed = excluded.failed, denied = excluded.denied, p50_ms = excluded.p50_ms, p99_ms = excluded.p99_ms,
                   at = excluded.at";
    for view in seen {
        let values = [
            process.into(),
            view.provider.into(),
            view.breaker.into(),
            number(view.calls).into(),
            number(view.failed).into(),
            number(view.denied).into(),
            view.p50_ms.map(number).into(),
            view.p99_ms.map(number).into(),
            now.millis().into(),
        ];
        execute(&tx, sql, values).await?;
    }
    execute(&tx, "DELETE FROM upstream_health WHERE at < $1", [(now.millis() - FORGOTTEN_MS).into()]).await?;
    tx.commit().await?;
    Ok(())
}

/// The last view of every process, by system.
///
/// # Errors
/// Only the database's own.
pub(super) async fn latest<C: ConnectionTrait>(conn: &C, now: Timestamp) -> StoreResult<Vec<UpstreamView>> {
    let sql = "SELECT process, provider, breaker, calls, failed, denied, p50_ms, p99_ms, at FROM upstream_health
               ORDER BY provider, process";
    let rows = query(conn, sql, []).await?;
    let number = |n: i32| u32::try_from(n).unwrap_or(0);
    rows.iter()
        .map(|r| {
            let at: i64 = r.try_get("", "at")?;
            Ok(UpstreamView {
                process: r.try_get("", "process")?,
                provider: r.try_get("", "provider")?,
                breaker: r.try_get("", "breaker")?,
                calls: number(r.try_get("", "calls")?),
                failed: number(r.try_get("", "failed")?),
                denied: number(r.try_get("", "denied")?),
                p50_ms: r.try_get::<Option<i32>>("", "p50_ms")?.map(number),
                p99_ms: r.try_get::<Option<i32>>("", "p99_ms")?.map(number),
                at: Timestamp(at),
                stale: now.millis() - at > STALE_MS,
            })
        })
        .collect()
}

/// Writes for as long as the process runs. Best effort: staff see an old view as old.
pub async fn keep(db: Db, clock: crate::Clock, process: std::sync::Arc<str>, look: impl Fn() -> Vec<Seen>) {
    loop {
        if let Err(error) = write(&db, &process, &look(), clock.now()).await {
            tracing::debug!(%error, "the health of connected systems could not be written");
        }
        tokio::time::sleep(EVERY).await;
    }
}
