//! From a job to its use case. Every job is safe to run twice.

pub(crate) mod provision;
mod relay_billing;

use crate::state::WorkerState;
use platform::queue::{Ended, Job, Work};
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

/// Does a job. Work that this release does not know is parked for a person, never lost.
pub async fn run(state: &WorkerState, job: &Job) -> Ended {
    let outcome = match job.work() {
        Some(Work::Provision { salesforce_order_id }) => provision::run(state, job, &salesforce_order_id).await,
        Some(Work::RelayBilling { notice, .. }) => relay_billing::run(state, job, notice).await,
        Some(Work::SendMail { .. } | Work::OpenCustomer { .. } | Work::LinkCustomer { .. }) | None => {
            tracing::error!("a job of another release; parked");
            Ok(Ended::Parked { reason: "unreadable" })
        }
    };
    match outcome {
        Ok(ended) => ended,
        Err(error @ JobError::Lost(_)) => {
            tracing::warn!(%error, "job stopped");
            Ended::Recorded
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "job interrupted");
            Ended::Failed { reason: "interrupted" }
        }
    }
}
