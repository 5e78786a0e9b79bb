//! Cases, comments and mails.

use serde_json::{Value, json};

use super::super::error::SfError;
use super::super::records::{self, Record, Writer, text};
use super::{find, linked, publish};
use crate::clock::salesforce_datetime;
use crate::seed::INTEGRATION_USER_ID;
use crate::world::store::Txn;

pub(super) fn before_insert(txn: &Txn<'_>, record: &mut Record) {
    for (field, value) in [("Status", "New"), ("Priority", "Medium")] {
        record.entry(field).or_insert(json!(value));
    }
    set_closed(record);
    take_from_contact(txn, record);
}

/// The contact's addresses show on the case, and its account stands in when none was named.
pub(super) fn take_from_contact(txn: &Txn<'_>, record: &mut Record) {
    let contact = linked(txn, "Contact", record, "ContactId");
    for (to, from) in [("ContactEmail", "Email"), ("ContactPhone", "Phone")] {
        match contact.as_ref().and_then(|contact| contact.get(from)) {
            Some(value) => record.insert(to.to_owned(), value.clone()),
            None => record.remove(to),
        };
    }
    if let Some(account) = contact.as_ref().and_then(|contact| contact.get("AccountId")) {
        record.entry("AccountId").or_insert(account.clone());
    }
}

pub(super) fn set_closed(record: &mut Record) {
    let closed = text(record, "Status") == Some("Closed");
    record.insert("IsClosed".to_owned(), json!(closed));
    if closed {
        let at = record.get("LastModifiedDate").cloned();
        record.entry("ClosedDate").or_insert(at.unwrap_or_default());
    } else {
        record.remove("ClosedDate");
    }
}

pub(super) fn after_update(
    txn: &mut Txn<'_>,
    before: &Record,
    record: &Record,
    writer: &Writer,
) -> Result<(), SfError> {
    comment_from_case(txn, record, writer)?;
    if before.get("Status") == record.get("Status") {
        return Ok(());
    }
    let fields = json!({ "CaseId__c": record["Id"], "Status__c": record.get("Status") });
    publish(txn, "CaseUpdated__e", &fields, writer)
}

/// `Case.Comments` is write-only: it becomes a case comment that the customer does not see.
pub(super) fn comment_from_case(txn: &mut Txn<'_>, case: &Record, writer: &Writer) -> Result<(), SfError> {
    let Some(body) = case.get("Comments").cloned() else { return Ok(()) };
    let mut stripped = case.clone();
    stripped.remove("Comments");
    records::save(txn, find("Case")?, stripped, writer);
    let comment = Record::from_iter([("ParentId".to_owned(), case["Id"].clone()), ("CommentBody".to_owned(), body)]);
    records::create(txn, find("CaseComment")?, &comment, writer).map(drop)
}

/// Tells the portal of what the customer may now read. The flow's entry conditions are an assumption: staff wrote it
/// and it is published.
pub(super) fn after_comment(
    txn: &mut Txn<'_>,
    before: Option<&Record>,
    comment: &Record,
    writer: &Writer,
) -> Result<(), SfError> {
    let shown = |comment: &Record| comment.get("IsPublished") == Some(&json!(true));
    let news = shown(comment)
        && before.is_none_or(|before| !shown(before) || before.get("CommentBody") != comment.get("CommentBody"));
    if !news || writer.user_id == INTEGRATION_USER_ID {
        return Ok(());
    }
    let case = linked(txn, "Case", comment, "ParentId").unwrap_or_default();
    let status = case.get("Status").cloned().unwrap_or(Value::Null);
    let fields = json!({ "CaseId__c": comment["ParentId"], "Status__c": status, "CommentId__c": comment["Id"] });
    publish(txn, "CaseUpdated__e", &fields, writer)
}

/// Mails come in by mail; the API keeps only what was sent or is a draft.
pub(super) fn check_mail(mail: &Record) -> Result<(), SfError> {
    match text(mail, "Status") {
        None | Some("3" | "5") => Ok(()),
        Some(_) => {
            Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", "Only emails with the status Draft or Sent can be created.")
                .on("Status"))
        }
    }
}

pub(super) fn before_mail(mail: &mut Record, writer: &Writer) {
    let now = json!(salesforce_datetime(writer.now_ms));
    mail.entry("MessageDate").or_insert(now);
}

pub(super) fn before_feed_item(item: &mut Record) -> Result<(), SfError> {
    item.entry("Type").or_insert(json!("TextPost"));
    item.entry("Visibility").or_insert(json!("AllUsers"));
    for counter in ["CommentCount", "LikeCount"] {
        item.insert(counter.to_owned(), json!(0));
    }
    if let Some(author) = item.get("CreatedById").cloned() {
        item.insert("InsertedById".to_owned(), author);
    }
    if text(item, "Type") == Some("TextPost") && !item.contains_key("Body") {
        let mut error = SfError::bad("REQUIRED_FIELD_MISSING", "Required fields are missing: [Body]");
        error.fields = vec!["Body".to_owned()];
        return Err(error);
    }
    Ok(())
}

/// A case or mail that gets its first file says so.
pub(super) fn note_attachment(txn: &mut Txn<'_>, mail_id: &str) -> Result<(), SfError> {
    let mails = find("EmailMessage")?;
    if let Some(mut mail) = records::load(txn, mails, mail_id) {
        mail.insert("HasAttachment".to_owned(), json!(true));
        txn.put(mails.table, mail_id, &mail);
    }
    Ok(())
}
