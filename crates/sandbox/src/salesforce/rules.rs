//! What the org does by itself around a save: order rules, roll-ups, filled-in fields, record-triggered flows.

use serde_json::{Value, json};

use super::error::SfError;
use super::records::{self, Record, Writer, number, text};
use super::schema::{self, Object};
use crate::clock::salesforce_datetime;
use crate::pubsub::log;
use crate::world::store::{Store, Txn};

fn find(object: &'static str) -> Result<&'static Object, SfError> {
    schema::find(object).ok_or_else(SfError::not_found)
}

fn linked(store: &Store, object: &'static str, record: &Record, field: &str) -> Option<Record> {
    records::load(store, schema::find(object)?, text(record, field)?)
}

fn order_items(store: &Store, order_id: &str) -> Vec<Record> {
    let Some(items) = schema::find("OrderItem") else { return Vec::new() };
    records::with(store, items, "OrderId", &json!(order_id)).cloned().collect()
}

fn is_activated(order: &Record) -> bool {
    text(order, "StatusCode") == Some("Activated")
}

pub(crate) fn before_insert(txn: &mut Txn<'_>, object: &Object, record: &mut Record) -> Result<(), SfError> {
    match object.name {
        "Contact" => name_contact(record),
        "Pricebook2" => {
            record.entry("IsStandard").or_insert(json!(false));
        }
        "PricebookEntry" => before_entry(txn, record)?,
        "Order" => {
            if text(record, "Status").is_some_and(|status| status != "Draft") {
                let message = "Choose a valid order status and save your changes. Ask your admin for details.";
                return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("Status"));
            }
            record.insert("StatusCode".to_owned(), json!("Draft"));
            record.insert("TotalAmount".to_owned(), json!(0.0));
        }
        "OrderItem" => before_item(txn, record)?,
        "Case" => {
            for (field, value) in [("Status", "New"), ("Priority", "Medium")] {
                record.entry(field).or_insert(json!(value));
            }
            set_closed(record);
        }
        _ => {}
    }
    Ok(())
}

fn name_contact(record: &mut Record) {
    let parts = [text(record, "FirstName"), text(record, "LastName")];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    record.insert("Name".to_owned(), json!(name));
}

fn set_closed(record: &mut Record) {
    let closed = text(record, "Status") == Some("Closed");
    record.insert("IsClosed".to_owned(), json!(closed));
    if closed {
        let at = record.get("LastModifiedDate").cloned();
        record.entry("ClosedDate").or_insert(at.unwrap_or_default());
    } else {
        record.remove("ClosedDate");
    }
}

fn before_entry(txn: &Txn<'_>, record: &mut Record) -> Result<(), SfError> {
    let Some(product) = linked(txn, "Product2", record, "Product2Id") else { return Ok(()) };
    for (to, from) in [("Name", "Name"), ("ProductCode", "ProductCode")] {
        if let Some(value) = product.get(from) {
            record.insert(to.to_owned(), value.clone());
        }
    }
    let entries = find("PricebookEntry")?;
    let product_id = json!(text(record, "Product2Id"));
    let of_product: Vec<Record> = records::with(txn, entries, "Product2Id", &product_id).cloned().collect();
    if of_product.iter().any(|entry| entry.get("Pricebook2Id") == record.get("Pricebook2Id")) {
        return Err(SfError::bad("DUPLICATE_VALUE", "This price definition already exists in this price book"));
    }
    let standard = |entry: &Record| {
        linked(txn, "Pricebook2", entry, "Pricebook2Id")
            .is_some_and(|book| book.get("IsStandard") == Some(&json!(true)))
    };
    if !standard(record) && !of_product.iter().any(standard) {
        let message = "Before creating a custom price, create a standard price.";
        return Err(SfError::bad("STANDARD_PRICE_NOT_DEFINED", message));
    }
    Ok(())
}

fn before_item(txn: &Txn<'_>, record: &mut Record) -> Result<(), SfError> {
    let (Some(order), Some(entry)) =
        (linked(txn, "Order", record, "OrderId"), linked(txn, "PricebookEntry", record, "PricebookEntryId"))
    else {
        return Ok(()); // check_required names what is missing
    };
    if is_activated(&order) {
        return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", "You can't add order products to an activated order."));
    }
    if entry.get("Pricebook2Id") != order.get("Pricebook2Id") {
        let message = "The pricebook entry is in a different pricebook than the one assigned to the Order";
        return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("PricebookEntryId"));
    }
    if entry.get("IsActive") != Some(&json!(true)) {
        return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", "pricebook entry is inactive").on("PricebookEntryId"));
    }
    check_quantity(record)?;
    for (to, from) in [("ListPrice", "UnitPrice"), ("Product2Id", "Product2Id")] {
        if let Some(value) = entry.get(from) {
            record.insert(to.to_owned(), value.clone());
        }
    }
    set_total(record);
    Ok(())
}

fn check_quantity(record: &Record) -> Result<(), SfError> {
    if record.contains_key("Quantity") && number(record, "Quantity") <= 0.0 {
        return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", "Quantity must be greater than zero").on("Quantity"));
    }
    Ok(())
}

fn set_total(record: &mut Record) {
    let total = number(record, "Quantity") * number(record, "UnitPrice");
    record.insert("TotalPrice".to_owned(), json!(total));
}

/// Adds the items up into the order.
fn roll_up(txn: &mut Txn<'_>, item: &Record, writer: &Writer) -> Result<(), SfError> {
    let Some(mut order) = linked(txn, "Order", item, "OrderId") else { return Ok(()) };
    let id = text(&order, "Id").unwrap_or_default().to_owned();
    let total: f64 = order_items(txn, &id).iter().map(|item| number(item, "TotalPrice")).sum();
    order.insert("TotalAmount".to_owned(), json!(total));
    records::save(txn, find("Order")?, order, writer);
    Ok(())
}

pub(crate) fn after_insert(
    txn: &mut Txn<'_>,
    object: &Object,
    record: &Record,
    writer: &Writer,
) -> Result<(), SfError> {
    match object.name {
        "OrderItem" => roll_up(txn, record, writer),
        "Case" => comment_from_case(txn, record, writer),
        _ => Ok(()),
    }
}

/// `Case.Comments` is write-only: it becomes a case comment.
fn comment_from_case(txn: &mut Txn<'_>, case: &Record, writer: &Writer) -> Result<(), SfError> {
    let Some(body) = case.get("Comments").cloned() else { return Ok(()) };
    let mut stripped = case.clone();
    stripped.remove("Comments");
    records::save(txn, find("Case")?, stripped, writer);
    let comment = Record::from_iter([("ParentId".to_owned(), case["Id"].clone()), ("CommentBody".to_owned(), body)]);
    records::create(txn, find("CaseComment")?, &comment, writer).map(drop)
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
        "Order" => before_order_update(txn, before, record, writer)?,
        "OrderItem" => {
            if linked(txn, "Order", before, "OrderId").is_some_and(|order| is_activated(&order))
                && !only_custom_changed(before, record)
            {
                return Err(SfError::bad(
                    "FIELD_INTEGRITY_EXCEPTION",
                    "You can't change order products of an activated order.",
                ));
            }
            check_quantity(record)?;
            set_total(record);
        }
        "Case" => {
            record.insert("LastModifiedDate".to_owned(), json!(salesforce_datetime(writer.now_ms)));
            set_closed(record);
        }
        _ => {}
    }
    Ok(())
}

/// Integrations may still note their own ids on the items of an activated order.
fn only_custom_changed(before: &Record, after: &Record) -> bool {
    before.keys().chain(after.keys()).all(|name| name.ends_with("__c") || before.get(name) == after.get(name))
}

fn before_order_update(txn: &Txn<'_>, before: &Record, record: &mut Record, writer: &Writer) -> Result<(), SfError> {
    let id = text(before, "Id").unwrap_or_default();
    let items = order_items(txn, id);
    let changed = |field: &str| before.get(field) != record.get(field);
    if changed("Pricebook2Id") && !items.is_empty() {
        let message = "You can't change the price book of an order that has order products.";
        return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("Pricebook2Id"));
    }
    if is_activated(before) {
        if changed("AccountId") {
            return Err(SfError::bad(
                "FIELD_INTEGRITY_EXCEPTION",
                "You can't change the account of an activated order.",
            )
            .on("AccountId"));
        }
        if changed("Status") {
            let message = "An activated order can't go back to a status of the Draft category.";
            return Err(SfError::bad("FIELD_INTEGRITY_EXCEPTION", message).on("Status"));
        }
        return Ok(());
    }
    if text(record, "Status") == Some("Activated") {
        if items.is_empty() {
            return Err(SfError::bad("FAILED_ACTIVATION", "An order must have at least one product.").on("Status"));
        }
        record.insert("StatusCode".to_owned(), json!("Activated"));
        record.insert("ActivatedDate".to_owned(), json!(salesforce_datetime(writer.now_ms)));
        record.insert("ActivatedById".to_owned(), json!(writer.user_id));
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
        "OrderItem" => roll_up(txn, record, writer),
        "Case" => comment_from_case(txn, record, writer),
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
        "Order" => is_activated(record),
        "OrderItem" => linked(txn, "Order", record, "OrderId").is_some_and(|order| is_activated(&order)),
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
        "Case" => vec![("CaseComment", "ParentId")],
        _ => Vec::new(),
    };
    let id = record.get("Id").cloned().unwrap_or_default();
    for (child, field) in cascade {
        let Some(child) = schema::find(child) else { continue };
        let children: Vec<Record> = records::with(txn, child, field, &id).cloned().collect();
        for mut row in children {
            row.insert("IsDeleted".to_owned(), json!(true));
            records::save(txn, child, row, writer);
        }
    }
    if object.name == "OrderItem"
        && let Err(error) = roll_up(txn, record, writer)
    {
        tracing::error!(?error, "order total not rolled up");
    }
}
