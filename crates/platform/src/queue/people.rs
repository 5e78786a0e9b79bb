//! The queue as people see it: what waits and what stopped. What they do about it is in [`super::acts`].

use super::enqueue::notify;
use crate::store::{Db, StoreResult, execute, now_sql, query};
use domain::Timestamp;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

/// A job in a list.
#[derive(Clone, Debug)]
pub struct JobRow {
    pub id: Uuid,
    pub kind: String,
    pub subject: Option<String>,
    pub state: String,
    pub attempts: i32,
    pub crashes: i32,
    pub run_at: Timestamp,
    /// A code.
    pub last_error: Option<String>,
}

/// Jobs in one state, or all that are not done; oldest first.
///
/// # Errors
/// Only the database's own.
pub async fn list(db: &Db, state: Option<&str>, limit: u32) -> StoreResult<Vec<JobRow>> {
    let sql = "SELECT id, kind, dedupe_key, state, attempts, crashes, run_at, last_error FROM job
               WHERE ($1 = '' AND state <> 'done') OR state = $1 ORDER BY created_at, id LIMIT $2";
    let rows = query(db.conn(), sql, [state.unwrap_or("").into(), i64::from(limit).into()]).await?;
    rows.iter()
        .map(|r| {
            Ok(JobRow {
                id: r.try_get("", "id")?,
                kind: r.try_get("", "kind")?,
                subject: r.try_get("", "dedupe_key")?,
                state: r.try_get("", "state")?,
                attempts: r.try_get("", "attempts")?,
                crashes: r.try_get("", "crashes")?,
                run_at: Timestamp(r.try_get("", "run_at")?),
                last_error: r.try_get("", "last_error")?,
            })
        })
        .collect()
}

/// Jobs by state, and the age in milliseconds of the oldest one that is due.
///
/// # Errors
/// Only the database's own.
pub async fn depth(db: &Db) -> StoreResult<(Vec<(String, i64)>, i64)> {
    let conn = db.conn();
    let rows = query(conn, "SELECT state, count(*) AS n FROM job GROUP BY state", []).await?;
    let by_state =
        rows.iter().map(|r| Ok((r.try_get("", "state")?, r.try_get("", "n")?))).collect::<StoreResult<_>>()?;
    let now = now_sql(conn);
    let sql =
        format!("SELECT COALESCE(max({now} - run_at), 0) AS age FROM job WHERE state = 'ready' AND run_at <= {now}");
    let rows = query(conn, &sql, []).await?;
    let age = rows.first().map(|r| r.try_get("", "age")).transpose()?.unwrap_or(0);
    Ok((by_state, age))
}

/// Puts the job of a subject back to work that has none to carry it on; `false` when it is at work or there is none.
///
/// # Errors
/// Only the database's own.
pub async fn reopen<C: ConnectionTrait>(conn: &C, kind: &str, subject: &str) -> StoreResult<bool> {
    let now = now_sql(conn);
    let sql = format!(
        "UPDATE job SET state = 'ready', run_at = {now}, attempts = 0, crashes = 0, waits = 0, finished_at = NULL
         WHERE kind = $1 AND dedupe_key = $2 AND state NOT IN ('ready', 'leased')"
    );
    let changed = execute(conn, &sql, [kind.into(), subject.into()]).await? == 1;
    if changed {
        notify(conn).await?;
    }
    Ok(changed)
}
