//! Cases as the agent's screen shows them, and what an agent does there. Orders and prices are in `agent`.

use serde_json::{Value, json};

use super::agent::{Refused, explain, object, staff};
use super::records::{self, Record, text};
use super::schema;
use crate::World;
use crate::world::store::Store;

/// Writes a comment as an agent; answers its id.
fn answer(world: &World, case_id: &str, body: &str, published: bool) -> Result<String, String> {
    let body = body.trim();
    if body.is_empty() {
        return Err("the answer is empty".to_owned());
    }
    let written = world.write(|txn| -> Result<String, Refused> {
        let case = records::get(txn, object("Case")?, case_id)?;
        let comment = json!({ "ParentId": case["Id"], "CommentBody": body, "IsPublished": published });
        let comment = comment.as_object().cloned().unwrap_or_default();
        let agent = staff(txn);
        Ok(records::create(txn, object("CaseComment")?, &comment, &agent)?)
    });
    written.map_err(explain)
}

fn set_status(world: &World, case_id: &str, status: &str) -> Result<(), String> {
    let changed = world.write(|txn| -> Result<(), Refused> {
        let change = Record::from_iter([("Status".to_owned(), json!(status))]);
        let agent = staff(txn);
        Ok(records::update(txn, object("Case")?, case_id, &change, &agent)?)
    });
    changed.map_err(explain)
}

fn name_of(store: &Store, object: &str, record: &Record, field: &str) -> Value {
    let linked = schema::find(object)
        .and_then(|object| records::load(store, object, text(record, field)?))
        .and_then(|linked| linked.get("Name").cloned());
    linked.unwrap_or_default()
}

fn children(store: &Store, child: &str, field: &str, id: &Value) -> Vec<Record> {
    schema::find(child).map(|child| records::with(store, child, field, id).cloned().collect()).unwrap_or_default()
}

/// Everything about a case in one object: its fields, `AccountName`, `ContactName`, `Comments` (with `Author`),
/// `EmailMessages`, `Attachments` (`Title`, `FileExtension`, `ContentSize`, `VersionId`).
fn whole(store: &Store, case: &Record) -> Value {
    let id = case.get("Id").cloned().unwrap_or_default();
    let mut row = case.clone();
    let comments: Vec<Value> = children(store, "CaseComment", "ParentId", &id)
        .into_iter()
        .map(|mut comment| {
            comment.insert("Author".to_owned(), name_of(store, "User", &comment, "CreatedById"));
            Value::Object(comment)
        })
        .collect();
    let attachments: Vec<Value> = children(store, "ContentDocumentLink", "LinkedEntityId", &id)
        .into_iter()
        .filter_map(|link| {
            let document = records::load(store, schema::find("ContentDocument")?, text(&link, "ContentDocumentId")?)?;
            Some(json!({
                "Title": document["Title"], "FileExtension": document.get("FileExtension"),
                "ContentSize": document.get("ContentSize"), "VersionId": document["LatestPublishedVersionId"],
                "Visibility": link.get("Visibility"),
            }))
        })
        .collect();
    row.insert("AccountName".to_owned(), name_of(store, "Account", case, "AccountId"));
    row.insert("ContactName".to_owned(), name_of(store, "Contact", case, "ContactId"));
    row.insert("Comments".to_owned(), Value::Array(comments));
    row.insert("EmailMessages".to_owned(), json!(children(store, "EmailMessage", "ParentId", &id)));
    row.insert("Attachments".to_owned(), Value::Array(attachments));
    Value::Object(row)
}

impl World {
    /// Cases, newest first, each whole: its fields, `AccountName`, `ContactName`, `Comments` (with `Author`),
    /// `EmailMessages`, `Attachments` (`Title`, `FileExtension`, `ContentSize`, `VersionId`, `Visibility`).
    pub fn salesforce_cases(&self) -> Vec<Value> {
        self.read(|store| {
            let Some(cases) = schema::find("Case") else { return Vec::new() };
            let mut rows: Vec<Value> = records::live(store, cases).map(|case| whole(store, case)).collect();
            rows.reverse();
            rows
        })
    }

    /// Writes a comment on a case as an agent of the operator and answers the comment's id. A published one is for
    /// the customer to read, and the flow then publishes `CaseUpdated__e`; the case's status stays.
    ///
    /// # Errors
    /// A text for people when there is no such case, or the text is empty or longer than 4,000 characters.
    pub fn answer_case(&self, case_id: &str, body: &str, published: bool) -> Result<String, String> {
        answer(self, case_id, body, published)
    }

    /// Sets the status of a case (New, Working, Escalated, Closed) as an agent; the flow publishes `CaseUpdated__e`
    /// when that changed it.
    ///
    /// # Errors
    /// A text for people when there is no such case or no such status.
    pub fn set_case_status(&self, case_id: &str, status: &str) -> Result<(), String> {
        set_status(self, case_id, status)
    }

    /// The bytes of a file's version, for the console; `None` when there is none.
    pub fn salesforce_file(&self, version_id: &str) -> Option<Vec<u8>> {
        self.read(|store| super::rules::content::bytes(store, &super::ids::normalize(version_id)?))
    }
}
