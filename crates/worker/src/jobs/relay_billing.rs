//! Tells a customer's open pages that billing changed something of theirs. Best effort: pages ask by themselves too.

use super::JobError;
use crate::state::WorkerState;
use domain::live::ServerMessage;
use domain::webhooks::{BillingNotice, BillingSubject};
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::queue::{Ended, Job};
use platform::store::accounts;

pub async fn run(state: &WorkerState, job: &Job, notice: BillingNotice) -> Result<Ended, JobError> {
    match client_of(state, notice.subject).await {
        Ok(client) => {
            if let Some(customer) = accounts::customer_of_client(state.db.conn(), client).await? {
                if notice.change.touches_invoices() {
                    state.bus.send_customer(customer, ServerMessage::InvoicesChanged).await;
                }
                if notice.change.touches_services() {
                    state.bus.send_customer(customer, ServerMessage::SubscriptionsChanged).await;
                }
            }
        }
        Err(error) => match &error.kind {
            UpstreamErrorKind::Unavailable { .. } | UpstreamErrorKind::OutcomeUnknown
                if job.attempts < job.max_attempts =>
            {
                return Ok(Ended::Failed { reason: error.kind.name() });
            }
            UpstreamErrorKind::Unavailable { .. }
            | UpstreamErrorKind::OutcomeUnknown
            | UpstreamErrorKind::NotFound
            | UpstreamErrorKind::Refused { .. }
            | UpstreamErrorKind::Garbled { .. }
            | UpstreamErrorKind::Denied => {
                // Nothing is lost but a moment of freshness, so nobody needs to look at the job.
                tracing::warn!(%error, "whose notice this is could not be found out");
            }
        },
    }
    Ok(Ended::Done)
}

async fn client_of(state: &WorkerState, subject: BillingSubject) -> Result<u64, UpstreamError> {
    match subject {
        BillingSubject::Client(client) => Ok(client),
        BillingSubject::Invoice(invoice) => state.whmcs.client_of_invoice(invoice).await,
        BillingSubject::Order(order) => state.whmcs.client_of_order(order).await,
        BillingSubject::Service(service) => state.whmcs.client_of_service(service).await,
    }
}
