//! Requests about operations.

use crate::shared::api::client::{self, Call, encode};
use crate::shared::api::failure::Failure;
use domain::OrderId;
use domain::common::page::Page;
use domain::common::paths;
use domain::ops::{
    AuditEntry, DriftView, HandOutcome, JobAct, JobView, Overview, Reason, RetryDead, RunDetail, RunSummary, Settle,
};
use uuid::Uuid;

/// # Errors
/// Not found for whoever is not staff, or any other [`Failure`]; the same for all that follow.
pub async fn overview() -> Result<Overview, Failure> {
    client::get(paths::OPS_OVERVIEW.to_owned()).await
}
/// `query` as the page has it in its own address: `stage`, `order`, `page`.
pub async fn runs(query: String) -> Result<Page<RunSummary>, Failure> {
    client::get([paths::OPS_RUNS, &query].concat()).await
}
pub async fn run(id: OrderId) -> Result<RunDetail, Failure> {
    client::get(paths::ops_run(id)).await
}
pub async fn jobs(query: String) -> Result<Page<JobView>, Failure> {
    client::get([paths::OPS_JOBS, &query].concat()).await
}
pub async fn drift(query: String) -> Result<Page<DriftView>, Failure> {
    client::get([paths::OPS_DRIFT, &query].concat()).await
}
pub async fn audit(query: String) -> Result<Page<AuditEntry>, Failure> {
    client::get([paths::OPS_AUDIT, &query].concat()).await
}

/// Acts on a stopped job. It works once: repeated after a lost answer, it is refused with the job's present state.
///
/// # Errors
/// The job is in another state by now, the run is undecided, the reason is missing, or any other [`Failure`].
pub async fn act(job: Uuid, act: JobAct, reason: String) -> Result<(), Failure> {
    let call = Call::post(paths::ops_job_act(job, act)).with_body(encode(&Reason { reason })?);
    client::send(&call).await.map(drop)
}
/// Puts every dead job of a kind back to work, 500 at most.
///
/// # Errors
/// As [`act`].
pub async fn retry_dead(kind: String, reason: String) -> Result<(), Failure> {
    let call = Call::post(paths::OPS_RETRY_DEAD).with_body(encode(&RetryDead { kind, reason })?);
    client::send(&call).await.map(drop)
}
/// # Errors
/// As [`act`].
pub async fn settle(order: OrderId, outcome: HandOutcome, reason: String) -> Result<(), Failure> {
    let call = Call::post(paths::ops_settle(order)).with_body(encode(&Settle { outcome, reason })?);
    client::send(&call).await.map(drop)
}
