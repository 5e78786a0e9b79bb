//! Letting go of a job: how it ended, for one inside a business transaction or for many at once.

use super::claim::millis;
use super::enqueue::notify;
use super::hold::Lost;
use super::job::Job;
use crate::clock::full_jitter_ms;
use crate::store::{StoreError, StoreResult, now_sql, query};
use domain::ops::JobState;
use sea_orm::{ConnectionTrait, DbBackend};
use serde::Serialize;
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

const BACKOFF_BASE_MS: u64 = 2_000;
const BACKOFF_CAP_MS: u64 = 30 * 60 * 1000;
/// So often a job may wait for something without that counting as a try; from then on it counts. At the 30 seconds of an
/// open breaker that is almost two days of outage, and more than a day of tries follows.
const MAX_WAITS: i32 = 5_000;

/// How a run of a job ended. Reasons are codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// Waits for something: runs again after exactly this time, and the run was no try.
    Later {
        after: Duration,
        reason: &'static str,
    },
    /// A failed try: again after a full-jitter back-off from 2 seconds to 30 minutes, dead after the last one.
    Failed {
        reason: &'static str,
    },
    /// A person decides.
    Parked {
        reason: &'static str,
    },
    /// Untouched, because the process stops: another worker starts it at once.
    GivenBack,
    /// The run wrote its end itself, inside a transaction of its own, or lost the job and has nothing to write.
    Recorded,
}

/// What a row becomes.
#[derive(Serialize)]
struct End {
    id: uuid::fmt::Simple,
    epoch: i64,
    state: &'static str,
    /// From now, in milliseconds; without it the job's time stays.
    wait: Option<i64>,
    /// Tries and waits to be added.
    tries: i32,
    waits: i32,
    error: Option<&'static str>,
}

impl End {
    fn of(job: &Job, ended: Ended) -> Option<Self> {
        let to = |state: JobState, error| Self {
            id: job.id.simple(),
            epoch: job.epoch,
            state: state.name(),
            wait: None,
            tries: 0,
            waits: 0,
            error,
        };
        let again = |wait: Duration, tries, waits, reason| Self {
            wait: Some(millis(wait)),
            tries,
            waits,
            ..to(JobState::Ready, Some(reason))
        };
        let spent = job.attempts >= job.max_attempts;
        Some(match ended {
            Ended::Recorded => return None,
            Ended::Done => to(JobState::Done, None),
            Ended::Parked { reason } => to(JobState::Parked, Some(reason)),
            Ended::GivenBack => Self { tries: -1, ..to(JobState::Ready, None) },
            Ended::Later { after, reason } if job.waits < MAX_WAITS => again(after, -1, 1, reason),
            Ended::Later { reason, .. } | Ended::Failed { reason } if spent => to(JobState::Dead, Some(reason)),
            Ended::Later { after, reason } => again(after, 0, 1, reason),
            Ended::Failed { reason } => {
                let tries = u32::try_from(job.attempts).unwrap_or(0);
                again(Duration::from_millis(full_jitter_ms(tries, BACKOFF_BASE_MS, BACKOFF_CAP_MS)), 0, 0, reason)
            }
        })
    }
}

/// Writes the ends of jobs that one worker holds, in one statement; each row is fenced by its own epoch. Returns the jobs
/// that were not ours any more, of which nothing was written.
///
/// # Errors
/// Only the database's own; then nothing was written, or all of it and the answer was lost.
pub async fn acknowledge<C: ConnectionTrait>(conn: &C, ended: &[(Job, Ended)]) -> StoreResult<Vec<Uuid>> {
    let ends: Vec<(&Job, End)> = ended.iter().filter_map(|(job, ended)| Some((job, End::of(job, *ended)?))).collect();
    let Some((Job { owner, .. }, _)) = ends.first() else { return Ok(Vec::new()) };
    let rows: Vec<&End> = ends.iter().map(|(_, end)| end).collect();
    let rows = serde_json::to_string(&rows).map_err(|_| StoreError::Unreadable("job"))?;
    let now = now_sql(conn);
    let source = match conn.get_database_backend() {
        DbBackend::Postgres => {
            "json_to_recordset($2::json) AS x(id uuid, epoch bigint, state text, wait bigint, tries int, waits int, error text)"
        }
        _ => {
            "(SELECT unhex(value ->> 'id') AS id, value ->> 'epoch' AS epoch, value ->> 'state' AS state,
                     value ->> 'wait' AS wait, value ->> 'tries' AS tries, value ->> 'waits' AS waits,
                     value ->> 'error' AS error FROM json_each($2)) AS x"
        }
    };
    // COALESCE keeps the planner from comparing each end with each leased job: rows are found by id.
    let sql = format!(
        "UPDATE job SET state = x.state, attempts = job.attempts + x.tries, waits = job.waits + x.waits,
            run_at = COALESCE({now} + x.wait, job.run_at),
            finished_at = CASE WHEN x.state = 'ready' THEN NULL ELSE {now} END,
            last_error = CASE WHEN x.state = 'ready' THEN COALESCE(x.error, job.last_error) ELSE x.error END,
            lease_owner = NULL, lease_until = NULL
         FROM {source}
         WHERE job.id = x.id AND job.epoch = x.epoch AND COALESCE(job.state, '') = 'leased' AND job.lease_owner = $1
         RETURNING job.id"
    );
    let rows = query(conn, &sql, [(&**owner).into(), rows.into()]).await?;
    let written = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<HashSet<Uuid>, _>>()?;
    let mut lost = Vec::new();
    let mut ready = false;
    for (job, end) in ends {
        if !written.contains(&job.id) {
            lost.push(job.id);
            continue;
        }
        match end.state {
            "dead" => metrics::counter!("jobs_dead_total", "kind" => job.kind.clone()).increment(1),
            "parked" => metrics::counter!("jobs_parked_total", "kind" => job.kind.clone()).increment(1),
            state => ready |= state == "ready" && end.wait.is_none_or(|wait| wait == 0),
        }
    }
    if ready {
        notify(conn).await?;
    }
    Ok(lost)
}

/// Writes the end of one job, inside a business transaction.
///
/// # Errors
/// [`Lost`] inside the `Ok` when it is not ours; the outer error is the database's own.
pub async fn end<C: ConnectionTrait>(conn: &C, job: &Job, ended: Ended) -> StoreResult<Result<(), Lost>> {
    let lost = acknowledge(conn, &[(job.clone(), ended)]).await?;
    Ok(if lost.is_empty() { Ok(()) } else { Err(Lost) })
}

/// The job is done.
///
/// # Errors
/// As [`end`].
pub async fn finish<C: ConnectionTrait>(conn: &C, job: &Job) -> StoreResult<Result<(), Lost>> {
    end(conn, job, Ended::Done).await
}

/// Stops a job for a person, with a code that says why.
///
/// # Errors
/// As [`end`].
pub async fn park<C: ConnectionTrait>(conn: &C, job: &Job, reason: &'static str) -> StoreResult<Result<(), Lost>> {
    end(conn, job, Ended::Parked { reason }).await
}
