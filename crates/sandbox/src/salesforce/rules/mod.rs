//! What the org does by itself around a save: order rules, roll-ups, filled-in fields, record-triggered flows. What a
//! single value must look like is not here but in `values`.

mod cases;
pub(crate) mod content;
mod orders;

use serde_json::{Value, json};

use super::error::SfError;
use super::records::{self, Record, Writer, text};
use super::schema::{self, Object};
use crate::clock::salesforce_datetime;
use crate::pubsub::log;
use crate::sentinels;
use crate::world::store::{Store, Txn};

fn find(object: &'static str) -> Result<&'static Object, SfError> {
    schema::find(object).ok_or_else(SfError::not_found)
}

fn linked(store: &Store, object: &'static str, record: &Record, field: &str) -> Option<Record> {
    records::load(store, schema::find(object)?, text(record, field)?)
}

/// Rules for what a client writes, before the org's own ones.
pub(crate) fn check_request(object: &Object, record: &Record) -> Result<(), SfError> {
    if let Some((code, message)) = sentinels::record(&mut record.values()) {
        return Err(SfError::bad(code, message));
    }
    match object.name {
        "EmailMessage" => cases::check_mail(record),
        _ => Ok(()),
    }
}

pub(crate) fn before_insert(
    txn: &mut Txn<'_>,
    object: &Object,
    record: &mut Record,
    writer: &Writer,
) -> Result<(), SfError> {
    match object.name {
        "Contact" => name_contact(record),
        "Pricebook2" => {
            record.entry("IsStandard").or_insert(json!(false));
        }
        "PricebookEntry" => orders::before_entry(txn, record)?,
        "Order" => {
            if text(record, "Status").is_some_and(|status| status != "Draft") {
                let message = "Choose a valid order status and save your changes. Ask your admin for details.";
                return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("Status"));
            }
            record.insert("StatusCode".to_owned(), json!("Draft"));
            record.insert("TotalAmount".to_owned(), json!(0.0));
        }
        "OrderItem" => orders::before_item(txn, record)?,
        "Asset" => before_asset(txn, record)?,
        "Case" => cases::before_insert(txn, record),
        "EmailMessage" => cases::before_mail(record, writer),
        "FeedItem" => cases::before_feed_item(record)?,
        "ContentVersion" => content::before_version(txn, record, writer)?,
        "ContentDocumentLink" => content::before_link(txn, record)?,
        _ => {}
    }
    Ok(())
}

fn name_contact(record: &mut Record) {
    let parts = [text(record, "FirstName"), text(record, "LastName")];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    record.insert("Name".to_owned(), json!(name));
}

/// An asset is someone's, and shows the codes of its product.
fn before_asset(txn: &Txn<'_>, record: &mut Record) -> Result<(), SfError> {
    if !record.contains_key("AccountId") && !record.contains_key("ContactId") {
        let message = "Every asset needs an account, a contact, or both.";
        return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("AccountId"));
    }
    let product = linked(txn, "Product2", record, "Product2Id").unwrap_or_default();
    for field in ["ProductCode", "StockKeepingUnit"] {
        match product.get(field) {
            Some(value) => record.insert(field.to_owned(), value.clone()),
            None => record.remove(field),
        };
    }
    Ok(())
}

pub(crate) fn after_insert(
    txn: &mut Txn<'_>,
    object: &Object,
    record: &Record,
    writer: &Writer,
) -> Result<(), SfError> {
    match object.name {
        "OrderItem" => orders::roll_up(txn, record, writer),
        "Case" => cases::comment_from_case(txn, record, writer),
        "CaseComment" => cases::after_comment(txn, None, record, writer),
        "ContentDocumentLink" => content::after_link(txn, record),
        _ => Ok(()),
    }
}

pub(crate) fn before_update(
    txn: &mut Txn<'_>,
    object: &Object,
    before: &Record,
    record: &mut Record,
    writer: &Writer,
) -> Result<(), SfError> {
    match object.name {
        "Contact" => name_contact(record),
        "Order" => orders::before_order_update(txn, before, record, writer)?,
        "OrderItem" => orders::before_item_update(txn, before, record)?,
        "Asset" => before_asset(txn, record)?,
        "Case" => {
            record.insert("LastModifiedDate".to_owned(), json!(salesforce_datetime(writer.now_ms)));
            cases::set_closed(record);
            if before.get("ContactId") != record.get("ContactId") {
                cases::take_from_contact(txn, record);
            }
        }
        "FeedItem" => {
            let same = |name: &str| name == "Body" || before.get(name) == record.get(name);
            if !before.keys().chain(record.keys()).all(|name| same(name)) {
                let message = "Only the body of a feed item can be changed.";
                return Err(SfError::bad("INSUFFICIENT_ACCESS_OR_READONLY", message));
            }
        }
        "EmailMessage" if text(before, "Status") != Some("5") => {
            let same =
                |name: &str| matches!(name, "Status" | "IsExternallyVisible") || before.get(name) == record.get(name);
            if !before.keys().chain(record.keys()).all(|name| same(name)) {
                let message = "Only drafts of emails can be changed.";
                return Err(SfError::bad("INSUFFICIENT_ACCESS_OR_READONLY", message));
            }
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn after_update(
    txn: &mut Txn<'_>,
    object: &Object,
    before: &Record,
    record: &Record,
    writer: &Writer,
) -> Result<(), SfError> {
    match object.name {
        "OrderItem" => orders::roll_up(txn, record, writer),
        "Case" => cases::after_update(txn, before, record, writer),
        "CaseComment" => cases::after_comment(txn, Some(before), record, writer),
        "ContentVersion" | "ContentDocument" => content::share_title(txn, record, writer),
        "Order" if text(before, "Status") == Some("Draft") && text(record, "Status") == Some("Approved") => {
            let fields = json!({ "OrderId__c": record["Id"], "RequestId__c": crate::keys::new_uuid() });
            publish(txn, "OrderProvisionRequested__e", &fields, writer)
        }
        "PricebookEntry" if before.get("UnitPrice") != record.get("UnitPrice") => {
            let field = |name: &str| record.get(name).cloned().unwrap_or(Value::Null);
            let fields = json!({ "PricebookEntryId__c": field("Id"), "Product2Id__c": field("Product2Id"), "UnitPrice__c": field("UnitPrice") });
            publish(txn, "Product_Price_Changed__e", &fields, writer)
        }
        _ => Ok(()),
    }
}

fn publish(txn: &mut Txn<'_>, event: &str, fields: &Value, writer: &Writer) -> Result<(), SfError> {
    let published = log::publish(txn, event, fields, writer.now_ms);
    published.map(drop).map_err(|error| SfError::bad("CANNOT_EXECUTE_FLOW_TRIGGER", error.to_string()))
}

pub(crate) fn before_delete(txn: &Txn<'_>, object: &Object, record: &Record) -> Result<(), SfError> {
    let locked = match object.name {
        "Order" => orders::is_activated(record),
        "OrderItem" => linked(txn, "Order", record, "OrderId").is_some_and(|order| orders::is_activated(&order)),
        "ContentVersion" => return Err(content::refuse_version_delete()),
        _ => false,
    };
    if locked {
        return Err(SfError::bad("DELETE_FAILED", "You can't delete an activated order or its products."));
    }
    Ok(())
}

pub(crate) fn after_delete(txn: &mut Txn<'_>, object: &Object, record: &Record, writer: &Writer) {
    let cascade = match object.name {
        "Order" => vec![("OrderItem", "OrderId")],
        "Case" => vec![("CaseComment", "ParentId"), ("EmailMessage", "ParentId"), ("FeedItem", "ParentId")],
        "ContentDocument" => {
            vec![("ContentVersion", "ContentDocumentId"), ("ContentDocumentLink", "ContentDocumentId")]
        }
        _ => Vec::new(),
    };
    let id = record.get("Id").cloned().unwrap_or_default();
    if object.name == "ContentDocument" {
        content::forget_bytes(txn, &id);
    }
    for (child, field) in cascade.into_iter().chain([("ContentDocumentLink", "LinkedEntityId")]) {
        let Some(child) = schema::find(child) else { continue };
        let children: Vec<Record> = records::with(txn, child, field, &id).cloned().collect();
        for mut row in children {
            row.insert("IsDeleted".to_owned(), json!(true));
            records::save(txn, child, row, writer);
        }
    }
    if object.name == "OrderItem"
        && let Err(error) = orders::roll_up(txn, record, writer)
    {
        tracing::error!(?error, "order total not rolled up");
    }
}
