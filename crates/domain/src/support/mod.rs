//! Support cases: what a customer asked, what was written since, and the files that belong to it. Knows neither orders nor
//! billing; a case that is about one of them says so in its text.

pub mod providers;

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// How a case stands, for the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    New,
    /// Somebody works on it.
    Working,
    /// Given to a specialist.
    Escalated,
    Closed,
    /// A word that this release does not know; whether the case is open stands in [`Case::is_closed`].
    Other(String),
}

/// How soon it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CasePriority {
    High,
    Medium,
    Low,
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// `Case.Id`, 18 characters.
    pub id: String,
    /// What customer and agent call it, such as `00001026`.
    pub number: String,
    pub subject: String,
    pub status: CaseStatus,
    pub is_closed: bool,
    pub priority: Option<CasePriority>,
    /// The operator's own word for what it is about.
    pub category: Option<String>,
    pub created_at: Timestamp,
    /// The last change of the case itself; an answer does not count.
    pub updated_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// A case with all that the customer may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseDetail {
    pub case: Case,
    /// What the customer wrote first.
    pub description: String,
    /// Oldest first.
    pub messages: Vec<CaseMessage>,
    pub attachments: Vec<Attachment>,
}

/// Who wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// Through the portal.
    Customer,
    /// With the name that the operator shows.
    Agent { name: String },
}

/// Something written about a case that the customer may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMessage {
    pub id: String,
    pub author: Author,
    pub body: String,
    pub at: Timestamp,
}

/// A file that the customer may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What [`Attachment`]s are fetched by (`ContentVersion.Id`).
    pub id: String,
    /// With its ending.
    pub file_name: String,
    /// Bytes.
    pub size: u64,
    pub at: Timestamp,
}
