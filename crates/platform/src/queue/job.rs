//! What a job is, and how it gets into the queue.

use crate::clock::new_id;
use crate::store::{StoreError, StoreResult, execute, now_sql};
use domain::webhooks::BillingNotice;
use sea_orm::{ConnectionTrait, DbBackend};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The channel of PostgreSQL notifications.
pub(super) const NOTIFY_CHANNEL: &str = "portal_jobs";

/// Work of the worker. Kinds and members are a stored format; members are ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Fulfil an approved order, named by its Salesforce id.
    Provision { salesforce_order_id: String },
    /// Tell a customer's pages what billing told us. Named by the delivery, so that a repeat does nothing.
    RelayBilling { event_id: Uuid, notice: BillingNotice },
}

impl Work {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Provision { .. } => "provision",
            Self::RelayBilling { .. } => "relay_billing",
        }
    }

    /// One job per subject, for ever.
    pub fn dedupe_key(&self) -> Option<String> {
        match self {
            Self::Provision { salesforce_order_id } => Some(salesforce_order_id.clone()),
            Self::RelayBilling { event_id, .. } => Some(event_id.to_string()),
        }
    }

    /// Tries before a person looks at it. With back-off up to 30 minutes, 60 tries are more than a day.
    pub const fn max_attempts(&self) -> i32 {
        match self {
            Self::Provision { .. } => 60,
            // News that is half an hour old is none: pages have asked by themselves.
            Self::RelayBilling { .. } => 8,
        }
    }
}

/// How a job stands. Stored names are a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Ready,
    Leased,
    Done,
    /// Tried too often.
    Dead,
    /// Stopped on purpose: a person decides.
    Parked,
}

impl JobState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Parked => "parked",
        }
    }
}

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub work: Work,
    /// The request or event that caused it, for the logs.
    pub request_id: Option<String>,
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub work: Work,
    /// This try included.
    pub attempts: i32,
    pub max_attempts: i32,
    /// Fencing token.
    pub epoch: i64,
    pub request_id: Option<String>,
}

/// Queues a job inside the caller's transaction; `false` when its subject has one already.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue<C: ConnectionTrait>(conn: &C, job: NewJob) -> StoreResult<bool> {
    let payload = serde_json::to_value(&job.work).map_err(|_| StoreError::Unreadable("job"))?;
    let now = now_sql(conn);
    let sql = format!(
        "INSERT INTO job (id, queue, kind, dedupe_key, payload, state, run_at, max_attempts, request_id, created_at)
         VALUES ($1, 'default', $2, $3, $4, 'ready', {now}, $5, $6, {now}) ON CONFLICT (kind, dedupe_key) DO NOTHING"
    );
    let values = [
        new_id().into(),
        job.work.kind().into(),
        job.work.dedupe_key().into(),
        payload.into(),
        job.work.max_attempts().into(),
        job.request_id.into(),
    ];
    let inserted = execute(conn, &sql, values).await? == 1;
    if inserted {
        notify(conn).await?;
    }
    Ok(inserted)
}

/// PostgreSQL delivers it when the transaction commits.
pub(super) async fn notify<C: ConnectionTrait>(conn: &C) -> StoreResult<()> {
    if conn.get_database_backend() == DbBackend::Postgres {
        execute(conn, "SELECT pg_notify($1, '')", [NOTIFY_CHANNEL.into()]).await?;
    }
    Ok(())
}
