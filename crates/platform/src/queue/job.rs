//! What a job is.

use domain::webhooks::BillingNotice;
use domain::{CustomerId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Work of the worker. Kinds and members are a stored format; members are ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Fulfil an approved order, named by its Salesforce id.
    Provision { salesforce_order_id: String },
    /// Tell a customer's pages what billing told us. Named by the delivery, so that a repeat does nothing.
    RelayBilling { event_id: Uuid, notice: BillingNotice },
    /// Send a mail that stands in the outbox.
    SendMail { mail_id: Uuid },
    /// Find or make the customer in Salesforce and billing. Each time somebody asks for it is a round of its own.
    OpenCustomer { customer_id: CustomerId, round: Uuid },
    /// Look for the record of a customer who asked for an account.
    LinkCustomer { request_id: Uuid },
    /// Gather a copy of a person's data, and forget it when its time is over.
    CopyData { person_id: UserId, asked_at: Timestamp },
    /// Close a customer account when its waiting time is over.
    CloseAccount { customer_id: CustomerId, asked_at: Timestamp },
}

impl Work {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Provision { .. } => "provision",
            Self::RelayBilling { .. } => "relay_billing",
            Self::SendMail { .. } => "send_mail",
            Self::OpenCustomer { .. } => "open_customer",
            Self::LinkCustomer { .. } => "link_customer",
            Self::CopyData { .. } => "copy_data",
            Self::CloseAccount { .. } => "close_account",
        }
    }

    /// One job per subject, for ever.
    pub fn dedupe_key(&self) -> Option<String> {
        match self {
            Self::Provision { salesforce_order_id } => Some(salesforce_order_id.clone()),
            Self::RelayBilling { event_id, .. } => Some(event_id.to_string()),
            Self::SendMail { mail_id } => Some(mail_id.to_string()),
            Self::OpenCustomer { round, .. } => Some(round.to_string()),
            Self::LinkCustomer { request_id } => Some(request_id.to_string()),
            Self::CopyData { person_id, asked_at } => Some(format!("{person_id}/{}", asked_at.millis())),
            Self::CloseAccount { customer_id, asked_at } => Some(format!("{customer_id}/{}", asked_at.millis())),
        }
    }

    /// Tries before a person looks at it. With back-off up to 30 minutes, 60 tries are more than a day.
    pub const fn max_attempts(&self) -> i32 {
        match self {
            Self::Provision { .. } => 60,
            // News that is half an hour old is none: pages have asked by themselves.
            Self::RelayBilling { .. } => 8,
            // With back-off up to 30 minutes about four hours; a link in it may live no longer than one.
            Self::SendMail { .. } => 20,
            Self::OpenCustomer { .. } => 60,
            // Who waits for the mail asks again before that.
            Self::LinkCustomer { .. } => 12,
            Self::CopyData { .. } | Self::CloseAccount { .. } => 60,
        }
    }
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub kind: String,
    /// As stored: a release that does not know the kind can still let go of the job.
    pub payload: serde_json::Value,
    /// This try included.
    pub attempts: i32,
    pub max_attempts: i32,
    /// Times it was put back to wait for something, which are no tries.
    pub waits: i32,
    /// Workers that it lost: their process ended, or they were cut off for longer than the lease.
    pub crashes: i32,
    /// Fencing token, together with the owner.
    pub epoch: i64,
    /// The worker that holds it.
    pub owner: Arc<str>,
    pub request_id: Option<String>,
}

impl Job {
    /// The work it stands for; `None` when it is of another release.
    pub fn work(&self) -> Option<Work> {
        Work::deserialize(&self.payload).ok()
    }
}
