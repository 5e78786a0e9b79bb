//! Price book entries, orders and their items.

use serde_json::json;

use super::super::error::SfError;
use super::super::records::{self, Record, Writer, number, text};
use super::super::schema;
use super::{find, linked};
use crate::clock::salesforce_datetime;
use crate::world::store::{Store, Txn};

fn order_items(store: &Store, order_id: &str) -> Vec<Record> {
    let Some(items) = schema::find("OrderItem") else { return Vec::new() };
    records::with(store, items, "OrderId", &json!(order_id)).cloned().collect()
}

pub(super) fn is_activated(order: &Record) -> bool {
    text(order, "StatusCode") == Some("Activated")
}

pub(super) fn before_entry(txn: &Txn<'_>, record: &mut Record) -> Result<(), SfError> {
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

pub(super) fn before_item(txn: &Txn<'_>, record: &mut Record) -> Result<(), SfError> {
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
pub(super) fn roll_up(txn: &mut Txn<'_>, item: &Record, writer: &Writer) -> Result<(), SfError> {
    let Some(mut order) = linked(txn, "Order", item, "OrderId") else { return Ok(()) };
    let id = text(&order, "Id").unwrap_or_default().to_owned();
    let total: f64 = order_items(txn, &id).iter().map(|item| number(item, "TotalPrice")).sum();
    order.insert("TotalAmount".to_owned(), json!(total));
    records::save(txn, find("Order")?, order, writer);
    Ok(())
}

/// Integrations may still note their own ids on the items of an activated order.
fn only_custom_changed(before: &Record, after: &Record) -> bool {
    before.keys().chain(after.keys()).all(|name| name.ends_with("__c") || before.get(name) == after.get(name))
}

pub(super) fn before_order_update(
    txn: &Txn<'_>,
    before: &Record,
    record: &mut Record,
    writer: &Writer,
) -> Result<(), SfError> {
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

pub(super) fn before_item_update(txn: &Txn<'_>, before: &Record, record: &mut Record) -> Result<(), SfError> {
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
    Ok(())
}
