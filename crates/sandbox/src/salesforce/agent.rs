//! What the operator's staff do in the Salesforce screens; the console acts through this.

use serde_json::{Value, json};

use super::records::{self, Record, Writer};
use super::schema::{self, Object};
use crate::World;
use crate::seed::AGENT_USER_ID;
use crate::world::store::{Store, StoreError};

use super::error::SfError;

pub(super) enum Refused {
    Rule(SfError),
    Text(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Text(error.to_string())
    }
}

impl From<SfError> for Refused {
    fn from(error: SfError) -> Self {
        Self::Rule(error)
    }
}

pub(super) fn explain(refused: Refused) -> String {
    match refused {
        Refused::Rule(error) => format!("{}: {}", error.code, error.message),
        Refused::Text(text) => text,
    }
}

pub(super) fn object(name: &str) -> Result<&'static Object, Refused> {
    schema::find(name).ok_or_else(|| Refused::Text(format!("no object {name}")))
}

/// The member of staff at the screen.
pub(super) fn staff(store: &Store) -> Writer {
    Writer { user_id: AGENT_USER_ID.to_owned(), now_ms: store.now_ms() }
}

/// Approves or rejects a draft.
pub(crate) fn decide(world: &World, id: &str, status: &str) -> Result<(), String> {
    let decided = world.write(|txn| -> Result<(), Refused> {
        let orders = object("Order")?;
        let order = records::get(txn, orders, id)?;
        match records::text(&order, "Status") {
            Some("Draft") => {}
            other => {
                return Err(Refused::Text(format!("the order is {}, not Draft", other.unwrap_or("without status"))));
            }
        }
        let change = Record::from_iter([("Status".to_owned(), json!(status))]);
        let agent = staff(txn);
        Ok(records::update(txn, orders, id, &change, &agent)?)
    });
    decided.map_err(explain)
}

/// Changes fields of a record, whatever its rules allow.
pub(crate) fn edit(world: &World, object_name: &str, id: &str, fields: &Record) -> Result<(), String> {
    let edited = world.write(|txn| -> Result<(), Refused> {
        let agent = staff(txn);
        Ok(records::update(txn, object(object_name)?, id, fields, &agent)?)
    });
    edited.map_err(explain)
}

/// Changes the price of a price book entry.
pub(crate) fn change_price(world: &World, id: &str, unit_price: f64) -> Result<(), String> {
    let changed = world.write(|txn| -> Result<(), Refused> {
        let change = Record::from_iter([("UnitPrice".to_owned(), json!(unit_price))]);
        let agent = staff(txn);
        Ok(records::update(txn, object("PricebookEntry")?, id, &change, &agent)?)
    });
    changed.map_err(explain)
}

/// Orders with their items, account name and product names, as a list view shows them.
pub(crate) fn orders(store: &Store) -> Vec<Value> {
    let (Some(orders), Some(items)) = (schema::find("Order"), schema::find("OrderItem")) else { return Vec::new() };
    let name = |object: &str, record: &Record, field: &str| {
        let linked = records::load(store, schema::find(object)?, records::text(record, field)?)?;
        linked.get("Name").cloned()
    };
    records::live(store, orders)
        .map(|order| {
            let id = order.get("Id").cloned().unwrap_or_default();
            let rows: Vec<Value> = records::with(store, items, "OrderId", &id)
                .map(|item| {
                    let mut row = item.clone();
                    row.insert("ProductName".to_owned(), name("Product2", item, "Product2Id").unwrap_or_default());
                    Value::Object(row)
                })
                .collect();
            let mut row = order.clone();
            row.insert("AccountName".to_owned(), name("Account", order, "AccountId").unwrap_or_default());
            row.insert("OrderItems".to_owned(), Value::Array(rows));
            Value::Object(row)
        })
        .collect()
}
