//! Taking jobs, keeping them, and letting go of them. Time is the database's throughout.

use super::job::Job;
use crate::clock::full_jitter_ms;
use crate::store::{Db, StoreError, StoreResult, execute, now_sql, query};
use sea_orm::{ConnectionTrait, QueryResult};
use std::time::Duration;
use uuid::Uuid;

/// After this many lost leases a job is taken for poison and parked.
const MAX_CRASHES: i32 = 3;
const BACKOFF_BASE_MS: u64 = 2_000;
const BACKOFF_CAP_MS: u64 = 30 * 60 * 1000;

/// The job is not ours any more: roll back and stop.
#[derive(Debug, thiserror::Error)]
#[error("the lease of this job was lost")]
pub struct Lost;

/// Takes up to `limit` jobs that are due. Ask for free slots only: a claimed job that waits inside a worker is one that
/// nobody else can do.
///
/// # Errors
/// Only the database's own.
pub async fn claim(db: &Db, owner: &str, limit: u32, lease: Duration) -> StoreResult<Vec<Job>> {
    let conn = db.conn();
    let now = now_sql(conn);
    let skip = if db.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE job SET state = 'leased', attempts = attempts + 1, epoch = epoch + 1, lease_owner = $1, lease_until = {now} + $2
         WHERE id IN (SELECT id FROM job WHERE queue = 'default' AND state = 'ready' AND run_at <= {now}
                      ORDER BY priority DESC, run_at, id LIMIT $3 {skip})
         RETURNING id, payload, attempts, max_attempts, epoch, request_id"
    );
    let rows = query(conn, &sql, [owner.into(), millis(lease).into(), i64::from(limit).into()]).await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in &rows {
        match read(row) {
            Ok(job) => jobs.push(job),
            Err(error) => {
                // A payload of another release must not stop the others.
                let id: Uuid = row.try_get("", "id")?;
                tracing::error!(job.id = %id, %error, "job cannot be read; parked");
                let sql = "UPDATE job SET state = 'parked', last_error = 'unreadable' WHERE id = $1";
                execute(conn, sql, [id.into()]).await?;
            }
        }
    }
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

fn read(row: &QueryResult) -> StoreResult<Job> {
    let payload: serde_json::Value = row.try_get("", "payload")?;
    Ok(Job {
        id: row.try_get("", "id")?,
        work: serde_json::from_value(payload).map_err(|_| StoreError::Unreadable("job"))?,
        attempts: row.try_get("", "attempts")?,
        max_attempts: row.try_get("", "max_attempts")?,
        epoch: row.try_get("", "epoch")?,
        request_id: row.try_get("", "request_id")?,
    })
}

/// Prolongs the leases of held jobs; returns those that are still ours.
///
/// # Errors
/// Only the database's own.
pub async fn heartbeat(db: &Db, owner: &str, held: &[(Uuid, i64)], lease: Duration) -> StoreResult<Vec<Uuid>> {
    let conn = db.conn();
    let now = now_sql(conn);
    let mut kept = Vec::with_capacity(held.len());
    let tx = db.begin().await?;
    for (id, epoch) in held {
        let sql = format!(
            "UPDATE job SET lease_until = {now} + $4
             WHERE id = $1 AND epoch = $2 AND lease_owner = $3 AND state = 'leased'"
        );
        let values = [(*id).into(), (*epoch).into(), owner.into(), millis(lease).into()];
        if execute(&tx, &sql, values).await? == 1 {
            kept.push(*id);
        }
    }
    tx.commit().await?;
    Ok(kept)
}

/// Checks inside a transaction that the job is still ours and locks its row until the end of the transaction, so that
/// whatever else the transaction writes is fenced by the epoch.
///
/// # Errors
/// [`Lost`] inside the `Ok` when it is not ours; the outer error is the database's own.
pub async fn assert_held<C: ConnectionTrait>(tx: &C, job: &Job) -> StoreResult<Result<(), Lost>> {
    let sql = "UPDATE job SET lease_until = lease_until WHERE id = $1 AND epoch = $2 AND state = 'leased'";
    let held = execute(tx, sql, [job.id.into(), job.epoch.into()]).await? == 1;
    Ok(if held { Ok(()) } else { Err(Lost) })
}

/// Something of the job is done for good: crashes before it say nothing about what is left.
///
/// # Errors
/// Only the database's own.
pub async fn progressed<C: ConnectionTrait>(tx: &C, job: &Job) -> StoreResult<()> {
    let sql = "UPDATE job SET crashes = 0 WHERE id = $1 AND epoch = $2 AND state = 'leased' AND crashes > 0";
    execute(tx, sql, [job.id.into(), job.epoch.into()]).await?;
    Ok(())
}

/// The job is done.
///
/// # Errors
/// As [`assert_held`].
pub async fn finish<C: ConnectionTrait>(conn: &C, job: &Job) -> StoreResult<Result<(), Lost>> {
    let now = now_sql(conn);
    let set = format!("state = 'done', finished_at = {now}, last_error = NULL");
    let_go(conn, job, &set, []).await
}

/// Stops a job for a person, with a code that says why.
///
/// # Errors
/// As [`assert_held`].
pub async fn park<C: ConnectionTrait>(conn: &C, job: &Job, reason: &str) -> StoreResult<Result<(), Lost>> {
    let now = now_sql(conn);
    metrics::counter!("jobs_parked_total", "kind" => job.work.kind()).increment(1);
    let set = format!("state = 'parked', finished_at = {now}, last_error = $3");
    let_go(conn, job, &set, [reason.into()]).await
}

/// Puts the job back for later. With `after`, exactly then and without counting the try (we wait for something); without,
/// after a full-jitter back-off from 2 seconds to 30 minutes, and at the last try it is dead.
///
/// # Errors
/// As [`assert_held`].
pub async fn retry_later<C: ConnectionTrait>(
    conn: &C,
    job: &Job,
    after: Option<Duration>,
    reason: &str,
) -> StoreResult<Result<(), Lost>> {
    let now = now_sql(conn);
    if after.is_none() && job.attempts >= job.max_attempts {
        metrics::counter!("jobs_dead_total", "kind" => job.work.kind()).increment(1);
        let set = format!("state = 'dead', finished_at = {now}, last_error = $3");
        return let_go(conn, job, &set, [reason.into()]).await;
    }
    let tries = u32::try_from(job.attempts).unwrap_or(0);
    let wait = after.unwrap_or_else(|| Duration::from_millis(full_jitter_ms(tries, BACKOFF_BASE_MS, BACKOFF_CAP_MS)));
    let uncount = i32::from(after.is_some());
    let set = format!("state = 'ready', run_at = {now} + $3, attempts = attempts - $4, last_error = $5");
    let_go(conn, job, &set, [millis(wait).into(), uncount.into(), reason.into()]).await
}

/// Gives a job back untouched, when the process stops.
///
/// # Errors
/// As [`assert_held`].
pub async fn give_back<C: ConnectionTrait>(conn: &C, job: &Job) -> StoreResult<Result<(), Lost>> {
    let_go(conn, job, "state = 'ready', attempts = attempts - 1", []).await
}

async fn let_go<C: ConnectionTrait, const N: usize>(
    conn: &C,
    job: &Job,
    set: &str,
    values: [sea_orm::Value; N],
) -> StoreResult<Result<(), Lost>> {
    let sql = format!(
        "UPDATE job SET {set}, lease_owner = NULL, lease_until = NULL WHERE id = $1 AND epoch = $2 AND state = 'leased'"
    );
    let values = [job.id.into(), job.epoch.into()].into_iter().chain(values);
    let done = execute(conn, &sql, values).await? == 1;
    Ok(if done { Ok(()) } else { Err(Lost) })
}

/// Frees what a worker of this name held when it died, without waiting for the leases to end. Only for a name that no two
/// processes have at the same time.
///
/// # Errors
/// Only the database's own.
pub async fn reclaim(db: &Db, owner: &str) -> StoreResult<u64> {
    let sql = "UPDATE job SET lease_until = 0 WHERE state = 'leased' AND lease_owner = $1";
    let held = execute(db.conn(), sql, [owner.into()]).await?;
    sweep(db).await?;
    Ok(held)
}

/// Frees jobs whose worker died; one that killed its worker three times is parked. Returns how many were freed and parked.
///
/// # Errors
/// Only the database's own.
pub async fn sweep(db: &Db) -> StoreResult<(u64, u64)> {
    let conn = db.conn();
    let now = now_sql(conn);
    let parked = execute(
        conn,
        &format!(
            "UPDATE job SET state = 'parked', crashes = crashes + 1, finished_at = {now}, last_error = 'worker_crashed',
                            lease_owner = NULL, lease_until = NULL
             WHERE state = 'leased' AND lease_until < {now} AND crashes + 1 >= $1"
        ),
        [MAX_CRASHES.into()],
    )
    .await?;
    let freed = execute(
        conn,
        &format!(
            "UPDATE job SET state = 'ready', crashes = crashes + 1, lease_owner = NULL, lease_until = NULL
             WHERE state = 'leased' AND lease_until < {now}"
        ),
        [],
    )
    .await?;
    metrics::counter!("jobs_parked_total", "kind" => "crashed").increment(parked);
    Ok((freed, parked))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
