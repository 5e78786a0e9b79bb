//! From a job to its use case. Every job is safe to run twice.

pub(crate) mod provision;
mod relay_billing;

use crate::state::WorkerState;
use platform::queue::{Job, Work};
use platform::store::StoreError;

/// The attempt ended without a decision; the job is put back.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("the database did not do what was asked")]
    Store(#[from] StoreError),
    #[error("a job without its subject")]
    NoSubject,
    #[error(transparent)]
    Lost(#[from] platform::queue::Lost),
}

impl From<sea_orm::DbErr> for JobError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Does a job and records how it ended.
///
/// # Errors
/// When it could not be recorded.
pub async fn run(state: &WorkerState, job: &Job) -> Result<(), JobError> {
    match &job.work {
        Work::Provision { salesforce_order_id } => provision::run(state, job, salesforce_order_id).await,
        Work::RelayBilling { notice, .. } => relay_billing::run(state, job, *notice).await,
    }
}
