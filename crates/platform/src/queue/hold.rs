//! Keeping a lease, and proving it.

use super::claim::millis;
use super::enqueue::tokens;
use super::job::Job;
use crate::store::{Db, StoreResult, execute, now_sql, query};
use sea_orm::ConnectionTrait;
use std::time::Duration;
use uuid::Uuid;

/// The job is not ours any more: roll back and stop.
#[derive(Debug, thiserror::Error)]
#[error("the lease of this job was lost")]
pub struct Lost;

/// What a heartbeat found. Jobs in neither list are lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// The lease begins anew.
    pub prolonged: Vec<Uuid>,
    /// Still ours but not prolonged: another transaction holds the row, or the job was finished a moment ago.
    pub untouched: Vec<Uuid>,
}

/// Prolongs the leases of all held jobs in one statement. On PostgreSQL it never waits for a row, so that one stuck
/// transaction does not cost the worker all its leases.
///
/// # Errors
/// Only the database's own.
pub async fn heartbeat(db: &Db, owner: &str, held: &[(Uuid, i64)], lease: Duration) -> StoreResult<Beat> {
    let conn = db.conn();
    let now = now_sql(conn);
    let sql = if db.is_postgres() {
        format!(
            "WITH ours AS (
                SELECT job.id, job.state FROM job
                JOIN json_to_recordset($3::json) AS x(id uuid, epoch bigint) ON job.id = x.id AND job.epoch = x.epoch
                WHERE (job.state = 'leased' AND job.lease_owner = $1) OR job.state = 'done'),
             kept AS (
                UPDATE job SET lease_until = {now} + $2
                WHERE id IN (SELECT job.id FROM job JOIN ours ON ours.id = job.id
                             WHERE job.state = 'leased' AND job.lease_owner = $1 FOR UPDATE OF job SKIP LOCKED)
                RETURNING id)
             SELECT ours.id, kept.id IS NOT NULL AS prolonged FROM ours LEFT JOIN kept ON kept.id = ours.id"
        )
    } else {
        format!(
            "UPDATE job SET lease_until = CASE WHEN job.state = 'leased' THEN {now} + $2 END
             FROM (SELECT unhex(value ->> 'id') AS id, value ->> 'epoch' AS epoch FROM json_each($3)) AS x
             WHERE job.id = x.id AND job.epoch = x.epoch
               AND ((job.state = 'leased' AND job.lease_owner = $1) OR job.state = 'done')
             RETURNING id, state = 'leased' AS prolonged"
        )
    };
    let mut beat = Beat::default();
    for row in query(conn, &sql, [owner.into(), millis(lease).into(), tokens(held).into()]).await? {
        let id = row.try_get("", "id")?;
        match row.try_get("", "prolonged")? {
            true => beat.prolonged.push(id),
            false => beat.untouched.push(id),
        }
    }
    Ok(beat)
}

/// Checks inside a transaction that the job is still ours and locks its row until the end of the transaction, so that
/// whatever else the transaction writes is fenced by the epoch.
///
/// # Errors
/// [`Lost`] inside the `Ok` when it is not ours; the outer error is the database's own.
pub async fn assert_held<C: ConnectionTrait>(tx: &C, job: &Job) -> StoreResult<Result<(), Lost>> {
    let sql = "UPDATE job SET lease_until = lease_until
               WHERE id = $1 AND epoch = $2 AND state = 'leased' AND lease_owner = $3";
    let held = execute(tx, sql, [job.id.into(), job.epoch.into(), (&*job.owner).into()]).await? == 1;
    Ok(if held { Ok(()) } else { Err(Lost) })
}

/// Something of the job is done for good: crashes before it say nothing about what is left.
///
/// # Errors
/// Only the database's own.
pub async fn progressed<C: ConnectionTrait>(tx: &C, job: &Job) -> StoreResult<()> {
    if job.crashes == 0 {
        return Ok(());
    }
    let sql = "UPDATE job SET crashes = 0 WHERE id = $1 AND epoch = $2 AND state = 'leased' AND lease_owner = $3";
    execute(tx, sql, [job.id.into(), job.epoch.into(), (&*job.owner).into()]).await?;
    Ok(())
}
