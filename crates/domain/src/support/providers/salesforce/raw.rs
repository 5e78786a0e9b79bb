//! `Case`, `CaseComment` and `ContentVersion` in Salesforce's spelling, as far as the portal selects them.

use serde::Deserialize;
use serde_json::Number;

/// A case.
#[derive(Clone, Debug, Deserialize)]
pub struct RawCase {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "CaseNumber")]
    pub number: Option<String>,
    #[serde(rename = "Subject")]
    pub subject: Option<String>,
    #[serde(rename = "Status")]
    pub status: Option<String>,
    #[serde(rename = "Priority")]
    pub priority: Option<String>,
    #[serde(rename = "Type")]
    pub category: Option<String>,
    #[serde(rename = "IsClosed")]
    pub is_closed: bool,
    #[serde(rename = "CreatedDate")]
    pub created_at: Option<String>,
    #[serde(rename = "LastModifiedDate")]
    pub updated_at: Option<String>,
    #[serde(rename = "ClosedDate")]
    pub closed_at: Option<String>,
    /// Only selected for one case.
    #[serde(rename = "Description", default)]
    pub description: Option<String>,
}

impl RawCase {
    /// What to select so that the row can be read.
    pub const FIELDS: &str = "Id, CaseNumber, Subject, Status, Priority, Type, IsClosed, CreatedDate, LastModifiedDate, \
        ClosedDate";
}

/// A comment of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct RawComment {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "CommentBody")]
    pub body: Option<String>,
    #[serde(rename = "CreatedDate")]
    pub created_at: Option<String>,
    #[serde(rename = "CreatedById")]
    pub created_by_id: Option<String>,
    #[serde(rename = "CreatedBy")]
    pub created_by: Option<RawName>,
    #[serde(rename = "IsPublished")]
    pub is_published: bool,
}

/// A parent record of which only the name is selected.
#[derive(Clone, Debug, Deserialize)]
pub struct RawName {
    #[serde(rename = "Name")]
    pub name: Option<String>,
}

impl RawComment {
    /// What to select so that the row can be read.
    pub const FIELDS: &str = "Id, CommentBody, CreatedDate, CreatedById, CreatedBy.Name, IsPublished";
}

/// The newest version of a file.
#[derive(Clone, Debug, Deserialize)]
pub struct RawVersion {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Title")]
    pub title: Option<String>,
    #[serde(rename = "PathOnClient")]
    pub path: Option<String>,
    #[serde(rename = "FileExtension")]
    pub extension: Option<String>,
    #[serde(rename = "ContentSize")]
    pub size: Option<Number>,
    #[serde(rename = "CreatedDate")]
    pub created_at: Option<String>,
}

impl RawVersion {
    /// What to select so that the row can be read.
    pub const FIELDS: &str = "Id, Title, PathOnClient, FileExtension, ContentSize, CreatedDate";
}
