//! Differences between our orders and Salesforce, kept until they are gone, so that people see what was repaired and what
//! needs them.

use super::{StoreResult, execute, query};
use crate::clock::new_id;
use domain::Timestamp;
use sea_orm::ConnectionTrait;
use serde_json::Value;

/// What differs. Stored names are a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftKind {
    /// Salesforce had an approved order that no job knew. Repaired by queueing it.
    MissedApproval,
    /// Salesforce has an approved order with our mark and we have no row: a person must look.
    ApprovedWithoutRow,
    /// We have an order that Salesforce does not know.
    UnknownToCrm,
    /// A run is open and no job works on it. Repaired by putting the job back.
    RunWithoutJob,
    /// We say active, Salesforce does not.
    ActiveHereOnly,
}

impl DriftKind {
    pub const ALL: [Self; 5] =
        [Self::MissedApproval, Self::ApprovedWithoutRow, Self::UnknownToCrm, Self::RunWithoutJob, Self::ActiveHereOnly];

    pub const fn name(self) -> &'static str {
        match self {
            Self::MissedApproval => "missed_approval",
            Self::ApprovedWithoutRow => "approved_without_row",
            Self::UnknownToCrm => "unknown_to_crm",
            Self::RunWithoutJob => "run_without_job",
            Self::ActiveHereOnly => "active_here_only",
        }
    }

    /// The portal mends it by itself; it is shown so that one sees that it happened.
    pub const fn mends_itself(self) -> bool {
        matches!(self, Self::MissedApproval | Self::RunWithoutJob)
    }
}

/// A difference as kept.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftRow {
    pub kind: String,
    /// The Salesforce order id.
    pub subject: String,
    /// Ids and states, no personal data.
    pub detail: Value,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub resolved_at: Option<Timestamp>,
}

/// Keeps a difference that was seen; `true` when it is new (or back after it was gone).
///
/// # Errors
/// Only the database's own.
pub async fn record<C: ConnectionTrait>(
    conn: &C,
    kind: DriftKind,
    subject: &str,
    detail: Value,
    now: Timestamp,
) -> StoreResult<bool> {
    metrics::counter!("order_drift_total", "kind" => kind.name()).increment(1);
    let values = [kind.name().into(), subject.into(), detail.into(), now.millis().into()];
    let again = "UPDATE drift SET detail = $3, last_seen = $4 WHERE kind = $1 AND subject = $2 AND resolved_at IS NULL";
    if execute(conn, again, values.clone()).await? == 1 {
        return Ok(false);
    }
    let sql = "INSERT INTO drift (id, kind, subject, detail, first_seen, last_seen) VALUES ($5, $1, $2, $3, $4, $4)
               ON CONFLICT (kind, subject) DO UPDATE SET detail = excluded.detail, first_seen = excluded.first_seen,
                   last_seen = excluded.last_seen, resolved_at = NULL";
    execute(conn, sql, values.into_iter().chain([new_id().into()])).await?;
    Ok(true)
}

/// The differences of this kind that were not seen any more since `now` are gone.
///
/// # Errors
/// Only the database's own.
pub async fn resolve_unseen<C: ConnectionTrait>(conn: &C, kind: DriftKind, now: Timestamp) -> StoreResult<u64> {
    let sql = "UPDATE drift SET resolved_at = $2 WHERE kind = $1 AND resolved_at IS NULL AND last_seen < $2";
    execute(conn, sql, [kind.name().into(), now.millis().into()]).await
}

/// Differences, those that are still there first, then the newest.
///
/// # Errors
/// Only the database's own.
pub async fn list<C: ConnectionTrait>(conn: &C, open_only: bool, limit: u32) -> StoreResult<Vec<DriftRow>> {
    let sql = "SELECT kind, subject, detail, first_seen, last_seen, resolved_at FROM drift
               WHERE $1 = 0 OR resolved_at IS NULL
               ORDER BY CASE WHEN resolved_at IS NULL THEN 0 ELSE 1 END, last_seen DESC, subject LIMIT $2";
    let rows = query(conn, sql, [i32::from(open_only).into(), i64::from(limit).into()]).await?;
    rows.iter()
        .map(|r| {
            Ok(DriftRow {
                kind: r.try_get("", "kind")?,
                subject: r.try_get("", "subject")?,
                detail: r.try_get("", "detail")?,
                first_seen: Timestamp(r.try_get("", "first_seen")?),
                last_seen: Timestamp(r.try_get("", "last_seen")?),
                resolved_at: r.try_get::<Option<i64>>("", "resolved_at")?.map(Timestamp),
            })
        })
        .collect()
}

/// How many differences of each kind are there now.
///
/// # Errors
/// Only the database's own.
pub async fn open_by_kind<C: ConnectionTrait>(conn: &C) -> StoreResult<Vec<(String, i64)>> {
    let sql = "SELECT kind, count(*) AS n FROM drift WHERE resolved_at IS NULL GROUP BY kind";
    query(conn, sql, []).await?.iter().map(|r| Ok((r.try_get("", "kind")?, r.try_get("", "n")?))).collect()
}
