//! Finds or makes the customer in Salesforce and in billing, soon after the sign-up and whenever the link to billing is to be
//! repaired. The first order may do the same at the same time: in Salesforce a lease lets one after the other; billing
//! refuses a second client with the same mail address, and whoever is refused finds what the other one made.

use super::JobError;
use crate::state::WorkerState;
use domain::auth::BillingLink;
use domain::auth::schema::normalise_email;
use domain::customer::Customer;
use domain::customer::providers::whmcs::ClientLookup;
use domain::{CustomerId, Timestamp};
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::Owner;
use platform::queue::{Ended, Job};
use platform::store::events::{self, DomainEvent};
use platform::store::{accounts, leases};
use std::time::Duration;

/// Another process opens this customer: look again so much later.
const BUSY_PAUSE: Duration = Duration::from_millis(500);
/// Longer than the calls of one opening may take.
const LEASE: Duration = Duration::from_secs(60);

pub async fn run(state: &WorkerState, job: &Job, id: CustomerId) -> Result<Ended, JobError> {
    let (lease, holder) = (leases::opening(id), job.id.to_string());
    if !leases::hold(state.db.conn(), &lease, &holder, LEASE).await? {
        return Ok(Ended::Later { after: BUSY_PAUSE, reason: "customer_busy" });
    }
    let ended = open(state, job, id).await;
    leases::give_back(state.db.conn(), &lease, &holder).await?;
    ended
}

async fn open(state: &WorkerState, job: &Job, id: CustomerId) -> Result<Ended, JobError> {
    let Some(customer) = accounts::customer(state.db.conn(), Owner::for_system(id)).await? else {
        return Ok(Ended::Done);
    };
    let link = match billing(state, &customer).await {
        Ok(Some(client)) => {
            accounts::set_whmcs_client(state.db.conn(), Owner::for_system(id), client).await?;
            BillingLink::Linked
        }
        Ok(None) => BillingLink::Broken,
        Err(error) => return Ok(again(&error)),
    };
    accounts::set_billing_link(state.db.conn(), id, link).await?;
    if link == BillingLink::Broken {
        broken(state, job, id, state.clock.now()).await?;
    }
    // With the client's id, so that Salesforce knows it too.
    let customer = accounts::customer(state.db.conn(), Owner::for_system(id)).await?.unwrap_or(customer);
    match state.salesforce.upsert_account(&customer).await {
        Ok(account) => accounts::set_salesforce_account(state.db.conn(), Owner::for_system(id), &account).await?,
        Err(error) => return Ok(again(&error)),
    }
    Ok(Ended::Done)
}

/// The client that is the customer's; none when billing has somebody else at the customer's mail address, which a person
/// must look at.
async fn billing(state: &WorkerState, customer: &Customer) -> Result<Option<u64>, UpstreamError> {
    if let Some(client) = customer.whmcs_client_id {
        match state.whmcs.client_number(client).await {
            Ok(number) if number.as_deref() == Some(customer.number.as_str()) => {
                follow_email(state, customer, client).await?;
                return Ok(Some(client));
            }
            // Somebody else's record by now: never used, whatever the row says.
            Ok(_) => {}
            Err(error) if matches!(error.kind, UpstreamErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    if let Some(found) = find(state, customer).await? {
        return Ok(found.client());
    }
    match state.whmcs.add_client(customer).await {
        Ok(client) => Ok(Some(client)),
        // Another opening was faster, or an earlier call of ours was slow.
        Err(error) if matches!(error.kind, UpstreamErrorKind::Refused { .. }) => {
            Ok(find(state, customer).await?.and_then(|found| found.client()))
        }
        Err(error) => Err(error),
    }
}

/// Bills go to the customer's present mail address. That another client of theirs has it in billing is no reason to hold the
/// account up.
async fn follow_email(state: &WorkerState, customer: &Customer, client: u64) -> Result<(), UpstreamError> {
    let billed = state.whmcs.client_record(client).await?;
    if normalise_email(billed.email.reveal()) == normalise_email(customer.email.reveal()) {
        return Ok(());
    }
    match state.whmcs.set_client_email(client, &customer.email).await {
        Err(error) if matches!(error.kind, UpstreamErrorKind::Refused { .. }) => {
            tracing::warn!(customer.id = %customer.id, "billing keeps another mail address of this customer");
            Ok(())
        }
        other => other,
    }
}

#[derive(Clone, Copy)]
enum Found {
    Client(u64),
    Another,
}

impl Found {
    const fn client(self) -> Option<u64> {
        match self {
            Self::Client(client) => Some(client),
            Self::Another => None,
        }
    }
}

async fn find(state: &WorkerState, customer: &Customer) -> Result<Option<Found>, UpstreamError> {
    Ok(match state.whmcs.find_client(&customer.number, customer.email.reveal()).await? {
        ClientLookup::Found(client) => Some(Found::Client(client)),
        ClientLookup::EmailBelongsToAnother => Some(Found::Another),
        ClientLookup::None => None,
    })
}

/// Every failure is worth another try; after the last one the job stands in front of a person.
fn again(error: &UpstreamError) -> Ended {
    tracing::warn!(%error, "a customer could not be opened yet");
    Ended::Failed { reason: error.kind.name() }
}

async fn broken(state: &WorkerState, job: &Job, id: CustomerId, now: Timestamp) -> Result<(), JobError> {
    tracing::warn!(customer.id = %id, "billing has somebody else at this customer's mail address");
    let event = DomainEvent {
        kind: "billing_link_broken",
        customer_id: Some(id),
        request_id: job.request_id.as_deref(),
        data: serde_json::json!({}),
        ..DomainEvent::default()
    };
    Ok(events::append(state.db.conn(), &event, now).await?)
}
