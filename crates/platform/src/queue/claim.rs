//! Taking jobs, and freeing those of workers that died. Time is the database's throughout.

use super::enqueue::tokens;
use super::job::Job;
use crate::store::{Db, StoreResult, execute, now_sql, query};
use sea_orm::QueryResult;
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// After this many lost leases a job is taken for poison and parked.
const MAX_CRASHES: i32 = 3;
/// With one more it would be parked, so it is claimed alone ([`claim_suspect`]).
const SUSPECT: i32 = MAX_CRASHES - 1;

/// Takes up to `limit` jobs that are due, most urgent first. Ask for free slots only: a claimed job that waits inside a
/// worker is one that nobody else can do.
///
/// A claim need not wait for the disk ([`Db::for_loop`]). A crash of the database may then forget it; the job is claimed
/// again, with the same epoch, so every write is fenced by epoch *and* owner, and a worker that meets a job which it
/// already holds must stop the first run before it starts the second. What a run makes durable makes its claim durable too:
/// the log is written in order.
///
/// # Errors
/// Only the database's own. The jobs may have been claimed nevertheless ([`release`]).
pub async fn claim(db: &Db, owner: &Arc<str>, limit: u32, lease: Duration) -> StoreResult<Vec<Job>> {
    take(db, owner, &format!("crashes < {SUSPECT}"), limit, lease).await
}

/// Takes one job that is on its last chance because it lost two workers. A worker holds at most one of them at a time:
/// when it is the one that kills its process, none of the others that it took along before is parked with it.
///
/// # Errors
/// As [`claim`].
pub async fn claim_suspect(db: &Db, owner: &Arc<str>, lease: Duration) -> StoreResult<Option<Job>> {
    Ok(take(db, owner, &format!("crashes >= {SUSPECT}"), 1, lease).await?.pop())
}

/// Whether the job is on its last chance.
pub const fn is_suspect(job: &Job) -> bool {
    job.crashes >= SUSPECT
}

async fn take(db: &Db, owner: &Arc<str>, which: &str, limit: u32, lease: Duration) -> StoreResult<Vec<Job>> {
    let conn = db.conn();
    let now = now_sql(conn);
    // An array on PostgreSQL, so that the plan does not depend on a guess how many it will be.
    let (open, close) = match db.is_postgres() {
        true => ("= ANY (ARRAY(", "FOR UPDATE SKIP LOCKED))"),
        false => ("IN (", ")"),
    };
    let sql = format!(
        "UPDATE job SET state = 'leased', attempts = attempts + 1, epoch = epoch + 1, lease_owner = $1, lease_until = {now} + $2
         WHERE id {open}SELECT id FROM job WHERE queue = 'default' AND state = 'ready' AND run_at <= {now} AND {which}
                        ORDER BY priority DESC, run_at, id LIMIT $3 {close}
         RETURNING id, kind, payload, priority, run_at, attempts, max_attempts, waits, crashes, epoch, request_id"
    );
    let rows = query(conn, &sql, [(&**owner).into(), millis(lease).into(), i64::from(limit).into()]).await?;
    let mut jobs = rows.iter().map(|row| read(row, owner)).collect::<StoreResult<Vec<_>>>()?;
    jobs.sort_by_key(|(order, job)| (*order, job.id));
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// A job, and its place among the claimed ones: RETURNING keeps no order.
fn read(row: &QueryResult, owner: &Arc<str>) -> StoreResult<((Reverse<i32>, i64), Job)> {
    let order = (Reverse(row.try_get("", "priority")?), row.try_get("", "run_at")?);
    let job = Job {
        id: row.try_get("", "id")?,
        kind: row.try_get("", "kind")?,
        payload: row.try_get("", "payload")?,
        attempts: row.try_get("", "attempts")?,
        max_attempts: row.try_get("", "max_attempts")?,
        waits: row.try_get("", "waits")?,
        crashes: row.try_get("", "crashes")?,
        epoch: row.try_get("", "epoch")?,
        owner: Arc::clone(owner),
        request_id: row.try_get("", "request_id")?,
    };
    Ok((order, job))
}

/// Gives back what this worker claimed without learning of it, because the answer was lost: leased to it, but not among
/// `held`, which must be all that it works on. Returns how many.
///
/// # Errors
/// Only the database's own.
pub async fn release(db: &Db, owner: &str, held: &[(Uuid, i64)]) -> StoreResult<u64> {
    let ids = match db.is_postgres() {
        true => "SELECT x.id FROM json_to_recordset($2::json) AS x(id uuid)",
        false => "SELECT unhex(value ->> 'id') FROM json_each($2)",
    };
    let sql = format!(
        "UPDATE job SET state = 'ready', attempts = attempts - 1, lease_owner = NULL, lease_until = NULL
         WHERE state = 'leased' AND lease_owner = $1 AND id NOT IN ({ids})"
    );
    execute(db.conn(), &sql, [owner.into(), tokens(held).into()]).await
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
    // A row that is locked is being written under its lease; the next sweep sees what became of it.
    let skip = if db.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE job SET crashes = crashes + 1, lease_owner = NULL, lease_until = NULL,
            state = CASE WHEN crashes + 1 >= $1 THEN 'parked' ELSE 'ready' END,
            finished_at = CASE WHEN crashes + 1 >= $1 THEN {now} END,
            last_error = CASE WHEN crashes + 1 >= $1 THEN 'worker_crashed' ELSE last_error END
         WHERE id IN (SELECT id FROM job WHERE state = 'leased' AND lease_until < {now} {skip})
         RETURNING kind, state"
    );
    let (mut freed, mut parked) = (0, 0);
    for row in query(conn, &sql, [MAX_CRASHES.into()]).await? {
        let (kind, state): (String, String) = (row.try_get("", "kind")?, row.try_get("", "state")?);
        if state == "parked" {
            parked += 1;
            metrics::counter!("jobs_parked_total", "kind" => kind).increment(1);
        } else {
            freed += 1;
        }
    }
    Ok((freed, parked))
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
