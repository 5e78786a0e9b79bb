//! From a job to its use case. Every job is safe to run twice.

mod close_account;
mod copy_data;
mod link_customer;
mod open_customer;
pub(crate) mod provision;
mod relay_billing;
mod send_mail;

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
        Some(Work::SendMail { mail_id }) => send_mail::run(state, job, mail_id).await,
        Some(Work::OpenCustomer { customer_id, .. }) => open_customer::run(state, job, customer_id).await,
        Some(Work::LinkCustomer { request_id }) => link_customer::run(state, job, request_id).await,
        Some(Work::CopyData { person_id, asked_at }) => copy_data::run(state, person_id, asked_at).await,
        Some(Work::CloseAccount { customer_id, asked_at }) => close_account::run(state, customer_id, asked_at).await,
        None => {
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
