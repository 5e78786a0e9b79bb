//! How work gets into the queue: always inside the caller's transaction.

use super::job::Work;
use crate::clock::new_id;
use crate::store::{StoreError, StoreResult, execute, now_sql, query_one};
use sea_orm::{ConnectionTrait, DbBackend};
use serde::Serialize;
use uuid::Uuid;

/// The channel of PostgreSQL notifications.
pub(super) const NOTIFY_CHANNEL: &str = "portal_jobs";

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub work: Work,
    /// The request or event that caused it, for the logs.
    pub request_id: Option<String>,
}

/// A job as its row says it, of any kind.
#[derive(Clone, Debug, Serialize)]
pub struct RawJob {
    pub kind: String,
    /// One job of a kind per key, for ever; without it any number.
    pub dedupe_key: Option<String>,
    pub payload: serde_json::Value,
    /// Higher ones are taken first.
    pub priority: i32,
    pub max_attempts: i32,
    pub request_id: Option<String>,
}

impl TryFrom<NewJob> for RawJob {
    type Error = StoreError;

    fn try_from(job: NewJob) -> Result<Self, StoreError> {
        Ok(Self {
            kind: job.work.kind().to_owned(),
            dedupe_key: job.work.dedupe_key(),
            payload: serde_json::to_value(&job.work).map_err(|_| StoreError::Unreadable("job"))?,
            priority: 0,
            max_attempts: job.work.max_attempts(),
            request_id: job.request_id,
        })
    }
}

/// Queues a job inside the caller's transaction; `false` when its subject has one already.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue<C: ConnectionTrait>(conn: &C, job: NewJob) -> StoreResult<bool> {
    Ok(enqueue_all(conn, vec![job]).await? == 1)
}

/// Queues jobs in one statement inside the caller's transaction; how many had no job for their subject before.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue_all<C: ConnectionTrait>(conn: &C, jobs: Vec<NewJob>) -> StoreResult<u64> {
    let rows = jobs.into_iter().map(RawJob::try_from).collect::<StoreResult<_>>()?;
    enqueue_raw(conn, rows).await
}

/// As [`enqueue_all`], for kinds that the portal itself does not know.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue_raw<C: ConnectionTrait>(conn: &C, jobs: Vec<RawJob>) -> StoreResult<u64> {
    #[derive(Serialize)]
    struct Row {
        id: uuid::fmt::Simple,
        #[serde(flatten)]
        job: RawJob,
    }
    if jobs.is_empty() {
        return Ok(0);
    }
    // The ids keep the caller's order. The rows are written in the order of their keys, so that two batches with subjects
    // in common wait for each other instead of standing crosswise.
    let mut rows: Vec<Row> = jobs.into_iter().map(|job| Row { id: new_id().simple(), job }).collect();
    rows.sort_by(|a, b| (&a.job.kind, &a.job.dedupe_key).cmp(&(&b.job.kind, &b.job.dedupe_key)));
    let rows = serde_json::to_string(&rows).map_err(|_| StoreError::Unreadable("job"))?;
    let now = now_sql(conn);
    let source = match conn.get_database_backend() {
        DbBackend::Postgres => {
            "json_to_recordset($1::json) AS x(id uuid, kind text, dedupe_key text, payload jsonb, priority int,
                                             max_attempts int, request_id text)"
        }
        _ => {
            "(SELECT unhex(value ->> 'id') AS id, value ->> 'kind' AS kind, value ->> 'dedupe_key' AS dedupe_key,
                     value -> 'payload' AS payload, value ->> 'priority' AS priority,
                     value ->> 'max_attempts' AS max_attempts, value ->> 'request_id' AS request_id
              FROM json_each($1)) AS x"
        }
    };
    // The clock is read once: rows are claimed by their time first.
    let insert = format!(
        "INSERT INTO job (id, queue, kind, dedupe_key, payload, state, priority, run_at, max_attempts, request_id, created_at)
         SELECT x.id, 'default', x.kind, x.dedupe_key, x.payload, 'ready', x.priority, t.now, x.max_attempts, x.request_id, t.now
         FROM {source} CROSS JOIN (SELECT {now} AS now) AS t WHERE true ON CONFLICT (kind, dedupe_key) DO NOTHING"
    );
    if conn.get_database_backend() != DbBackend::Postgres {
        return execute(conn, &insert, [rows.into()]).await;
    }
    // One round trip for the rows and the notification, which is delivered when the transaction commits.
    let sql = format!(
        "WITH new AS ({insert} RETURNING id)
         SELECT count(*) AS new, CASE WHEN count(*) > 0 THEN pg_notify($2, '')::text END AS told FROM new"
    );
    let counted = query_one(conn, &sql, [rows.into(), NOTIFY_CHANNEL.into()]).await?;
    let new: i64 = counted.ok_or(StoreError::Unreadable("count"))?.try_get("", "new")?;
    Ok(u64::try_from(new).unwrap_or(0))
}

/// PostgreSQL delivers it when the transaction commits.
pub(super) async fn notify<C: ConnectionTrait>(conn: &C) -> StoreResult<()> {
    if conn.get_database_backend() == DbBackend::Postgres {
        execute(conn, "SELECT pg_notify($1, '')", [NOTIFY_CHANNEL.into()]).await?;
    }
    Ok(())
}

/// Ids and epochs as one parameter: `[{"id": …, "epoch": …}]`.
pub(super) fn tokens(held: &[(Uuid, i64)]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(held.len() * 64 + 2);
    for (id, epoch) in held {
        text.push(if text.is_empty() { '[' } else { ',' });
        // Writing into a String cannot fail.
        let _ = write!(text, r#"{{"id":"{}","epoch":{epoch}}}"#, id.simple());
    }
    if text.is_empty() {
        text.push('[');
    }
    text.push(']');
    text
}
