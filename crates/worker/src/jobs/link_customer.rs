//! Looks for the record of an existing customer who asked for an account: the customer number and the mail address must be
//! those of one record in billing, or in Salesforce. Only that address ever gets a mail.

use super::{JobError, provision};
use crate::state::WorkerState;
use domain::auth::schema::normalise_email;
use domain::common::pii::Pii;
use domain::customer::providers::whmcs::ClientLookup;
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::Change;
use platform::queue::{Ended, Job};
use platform::store::link_requests::{self, LinkRequest, LinkedRecord};
use platform::store::mail_tokens::{self, NewToken, Purpose, Secret};
use platform::store::mails::{self, Mail, MailFields, MailTemplate};
use platform::store::{StoreError, accounts};
use uuid::Uuid;

pub async fn run(state: &WorkerState, job: &Job, request_id: Uuid) -> Result<Ended, JobError> {
    let Some(asked) = link_requests::find(state.db.conn(), request_id).await? else { return Ok(Ended::Done) };
    let found = match look(state, &asked).await {
        Ok(found) => found,
        Err(Failure::Store(error)) => return Err(error.into()),
        Err(Failure::Upstream(error)) => {
            let reason = error.kind.name();
            tracing::warn!(%error, "a customer who asked for an account could not be looked for");
            if job.attempts < job.max_attempts {
                return Ok(Ended::Failed { reason });
            }
            // Whoever waits asks again; what they said about themselves does not stay.
            link_requests::remove(state.db.conn(), request_id).await?;
            return Ok(Ended::Done);
        }
    };
    let mut change = Change::begin(&state.db, provision::cause(state, job)).await?;
    match found {
        Found::Nobody => {}
        Found::HasAccount => {
            mails::enqueue(&mut change, Mail::new(asked.email, MailTemplate::AccountExists, asked.language)).await?;
        }
        Found::Record(record) => send_link(&mut change, &asked, &record).await?,
    }
    link_requests::remove(change.conn(), request_id).await?;
    change.commit(&state.bus).await?;
    Ok(Ended::Done)
}

enum Found {
    Nobody,
    /// The customer, or a person with this mail address, has an account.
    HasAccount,
    Record(Box<LinkedRecord>),
}

enum Failure {
    Store(StoreError),
    Upstream(UpstreamError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<UpstreamError> for Failure {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

async fn look(state: &WorkerState, asked: &LinkRequest) -> Result<Found, Failure> {
    let (number, email) = (asked.customer_number.reveal(), asked.email.reveal());
    if let Some(own) = accounts::email_of_number(state.db.conn(), number).await? {
        // Somebody else's guess gets nothing.
        return Ok(if normalise_email(own.reveal()) == *email { Found::HasAccount } else { Found::Nobody });
    }
    let record = match state.whmcs.find_client(number, email).await? {
        ClientLookup::Found(client) => match state.whmcs.client_record(client).await {
            Ok(customer) => LinkedRecord { customer_number: number.clone(), customer, whmcs_client_id: Some(client) },
            // Deleted since.
            Err(error) if matches!(error.kind, UpstreamErrorKind::NotFound) => return Ok(Found::Nobody),
            Err(error) => return Err(error.into()),
        },
        ClientLookup::None | ClientLookup::EmailBelongsToAnother => {
            match state.salesforce.find_customer(number, email).await? {
                Some(customer) => LinkedRecord { customer_number: number.clone(), customer, whmcs_client_id: None },
                None => return Ok(Found::Nobody),
            }
        }
    };
    // The person may have another account under this address; a number is not added to it without signing in.
    if accounts::person_with(state.db.conn(), email).await?.is_some() {
        return Ok(Found::HasAccount);
    }
    Ok(Found::Record(Box::new(record)))
}

async fn send_link(change: &mut Change, asked: &LinkRequest, record: &LinkedRecord) -> Result<(), JobError> {
    let secret = Secret::new().map_err(|_| JobError::NoSubject)?;
    let mut record = record.clone();
    record.customer.email = asked.email.clone();
    let data = serde_json::to_value(&record).map_err(|_| StoreError::Unreadable("link"))?;
    let subject = number_hash(&asked.customer_number);
    let token =
        NewToken { hash: &secret.hash, purpose: Purpose::Link, subject: &subject, person: None, customer: None, data };
    mail_tokens::insert(change.conn(), &token, change.now()).await?;
    let fields = MailFields { token: Some(secret.text), ..MailFields::default() };
    let mail = Mail::new(asked.email.clone(), MailTemplate::LinkAccount, asked.language);
    mails::enqueue(change, Mail { fields, ..mail }).await?;
    Ok(())
}

/// A later link of the same customer replaces the earlier one.
fn number_hash(number: &Pii<String>) -> String {
    Secret::hash_of(number).iter().map(|byte| format!("{byte:02x}")).collect()
}
