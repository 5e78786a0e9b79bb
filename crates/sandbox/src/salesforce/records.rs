//! Creating, changing and deleting records.

use serde_json::{Map, Value, json};

use super::error::SfError;
use super::rules;
use super::schema::{self, Access, Kind, Object};
use super::{ids, values};
use crate::clock::salesforce_datetime;
use crate::world::store::{Store, Txn};

pub(crate) type Record = Map<String, Value>;

/// Who writes, and when.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub user_id: String,
    pub now_ms: i64,
}

pub(crate) fn text<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    record.get(field)?.as_str()
}

pub(crate) fn number(record: &Record, field: &str) -> f64 {
    record.get(field).and_then(Value::as_f64).unwrap_or(0.0)
}

/// A record, deleted or not.
pub(crate) fn load(store: &Store, object: &Object, id: &str) -> Option<Record> {
    store.get(object.table, &ids::normalize(id)?)?.as_object().cloned()
}

/// A record that is there.
pub(crate) fn get(store: &Store, object: &Object, id: &str) -> Result<Record, SfError> {
    match load(store, object, id) {
        Some(record) if record.get("IsDeleted") == Some(&json!(true)) => {
            Err(SfError::new(404, "ENTITY_IS_DELETED", "entity is deleted"))
        }
        Some(record) => Ok(record),
        None => Err(SfError::new(
            404,
            "NOT_FOUND",
            "Provided external ID field does not exist or is not accessible: ".to_owned() + id,
        ))
        .map_err(|error| if ids::normalize(id).is_some() { SfError::not_found() } else { error }),
    }
}

/// Records that are there, oldest first.
pub(crate) fn live<'a>(store: &'a Store, object: &Object) -> impl Iterator<Item = &'a Record> {
    store
        .rows(object.table)
        .filter_map(|(_, row)| row.as_object())
        .filter(|record| record.get("IsDeleted") != Some(&json!(true)))
}

/// Records whose field equals a value; text is compared without regard to case.
pub(crate) fn with<'a>(
    store: &'a Store,
    object: &Object,
    field: &'a str,
    value: &'a Value,
) -> impl Iterator<Item = &'a Record> {
    live(store, object).filter(move |record| record.get(field).is_some_and(|found| same(found, value)))
}

pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.to_lowercase() == b.to_lowercase(),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// Checks the members of a body against the schema; `None` clears.
fn read_body(object: &Object, body: &Record, inserting: bool) -> Result<Vec<(&'static str, Option<Value>)>, SfError> {
    let mut changes = Vec::new();
    for (name, value) in body {
        if name == "attributes" {
            continue;
        }
        let Some(field) = object.field(name) else {
            return Err(SfError::bad(
                "INVALID_FIELD",
                format!("No such column '{name}' on sobject of type {}", object.name),
            ));
        };
        let writable = match field.access {
            Access::Write => true,
            Access::InsertOnly => inserting,
            Access::Read => false,
        };
        if !writable {
            let message = if field.kind == Kind::Id {
                "The Id field should not be specified in the sobject data.".to_owned()
            } else {
                format!(
                    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
                    field.name
                )
            };
            let code = if field.kind == Kind::Id { "INVALID_FIELD" } else { "INVALID_FIELD_FOR_INSERT_UPDATE" };
            return Err(SfError::bad(code, message).on(field.name));
        }
        changes.push((field.name, values::accept(field, value)?));
    }
    Ok(changes)
}

fn check_references(store: &Store, object: &Object, changes: &[(&'static str, Option<Value>)]) -> Result<(), SfError> {
    for (name, value) in changes {
        let (Some(field), Some(Value::String(id))) = (object.field(name), value) else { continue };
        let (targets, _) = field.kind.targets();
        let there = |target: &&str| schema::find(target).is_some_and(|target| get(store, target, id).is_ok());
        if !targets.is_empty() && !targets.iter().any(there) {
            return Err(SfError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").on(name));
        }
    }
    Ok(())
}

fn check_unique(store: &Store, object: &Object, record: &Record, own_id: Option<&str>) -> Result<(), SfError> {
    for field in object.fields.iter().filter(|field| field.unique) {
        let Some(value) = record.get(field.name) else { continue };
        let twin = with(store, object, field.name, value).filter_map(|r| text(r, "Id")).find(|id| Some(*id) != own_id);
        if let Some(twin) = twin {
            // The message names the record by its 15-character id.
            let message =
                format!("duplicate value found: {} duplicates value on record with id: {}", field.name, &twin[..15]);
            return Err(SfError::bad("DUPLICATE_VALUE", message));
        }
    }
    Ok(())
}

fn check_required(object: &Object, record: &Record) -> Result<(), SfError> {
    let missing: Vec<String> = object
        .fields
        .iter()
        .filter(|f| f.required && !record.contains_key(f.name))
        .map(|f| f.name.to_owned())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut error =
        SfError::bad("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{}]", missing.join(", ")));
    error.fields = missing;
    Err(error)
}

/// Creates a record and answers its 18-character id.
pub(crate) fn create(txn: &mut Txn<'_>, object: &Object, body: &Record, writer: &Writer) -> Result<String, SfError> {
    if !object.insertable {
        let message = format!("entity type cannot be inserted: {}", object.name);
        return Err(SfError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
    }
    let changes = read_body(object, body, true)?;
    check_references(txn, object, &changes)?;
    let asked = changes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect();
    rules::check_request(object, &asked)?;
    insert(txn, object, changes, writer)
}

/// Creates a record as the org itself does: with fields and objects that the API does not let write. Values are
/// taken as they are; the rules hold all the same.
pub(crate) fn insert_own(
    txn: &mut Txn<'_>,
    object: &Object,
    body: &Record,
    writer: &Writer,
) -> Result<String, SfError> {
    let known = |name: &str| object.field(name).map(|field| field.name).ok_or_else(SfError::not_found);
    let changes = body.iter().map(|(name, value)| Ok((known(name)?, Some(value.clone()).filter(|v| !v.is_null()))));
    insert(txn, object, changes.collect::<Result<_, SfError>>()?, writer)
}

fn insert(
    txn: &mut Txn<'_>,
    object: &Object,
    changes: Vec<(&'static str, Option<Value>)>,
    writer: &Writer,
) -> Result<String, SfError> {
    let mut record = Record::new();
    for field in object.all_fields().filter(|field| field.kind == Kind::Boolean) {
        record.insert(field.name.to_owned(), json!(false));
    }
    if object.owned {
        record.insert("OwnerId".to_owned(), json!(writer.user_id));
    }
    for (name, value) in changes {
        if let Some(value) = value {
            record.insert(name.to_owned(), value);
        }
    }
    let id = ids::make(object.prefix, txn.next(object.table, 0));
    let stamp = json!(salesforce_datetime(writer.now_ms));
    record.insert("Id".to_owned(), json!(id));
    for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
        record.insert(name.to_owned(), stamp.clone());
    }
    for name in ["CreatedById", "LastModifiedById"] {
        record.insert(name.to_owned(), json!(writer.user_id));
    }
    rules::before_insert(txn, object, &mut record, writer)?;
    check_required(object, &record)?;
    check_unique(txn, object, &record, None)?;
    if let Some((field, digits)) = object.auto_number {
        let number = txn.next(&format!("{}.{field}", object.name), 100);
        record.insert(field.to_owned(), json!(format!("{number:0digits$}")));
    }
    txn.put(object.table, &id, &record);
    rules::after_insert(txn, object, &record, writer)?;
    Ok(id)
}

/// Changes a record.
pub(crate) fn update(
    txn: &mut Txn<'_>,
    object: &Object,
    id: &str,
    body: &Record,
    writer: &Writer,
) -> Result<(), SfError> {
    let before = get(txn, object, id)?;
    let changes = read_body(object, body, false)?;
    check_references(txn, object, &changes)?;
    let mut record = before.clone();
    for (name, value) in changes {
        match value {
            Some(value) => record.insert(name.to_owned(), value),
            None => record.remove(name),
        };
    }
    check_required(object, &record)?;
    rules::before_update(txn, object, &before, &mut record, writer)?;
    let id = text(&before, "Id").unwrap_or_default();
    check_unique(txn, object, &record, Some(id))?;
    save(txn, object, record.clone(), writer);
    rules::after_update(txn, object, &before, &record, writer)
}

/// Stores a record with fresh modification stamps, without rules.
pub(crate) fn save(txn: &mut Txn<'_>, object: &Object, mut record: Record, writer: &Writer) {
    let stamp = json!(salesforce_datetime(writer.now_ms));
    record.insert("LastModifiedDate".to_owned(), stamp.clone());
    record.insert("SystemModstamp".to_owned(), stamp);
    record.insert("LastModifiedById".to_owned(), json!(writer.user_id));
    if let Some(id) = text(&record, "Id").map(str::to_owned) {
        txn.put(object.table, &id, &record);
    }
}

/// Deletes a record (it stays for `queryAll`).
pub(crate) fn delete(txn: &mut Txn<'_>, object: &Object, id: &str, writer: &Writer) -> Result<(), SfError> {
    let mut record = get(txn, object, id)?;
    rules::before_delete(txn, object, &record)?;
    record.insert("IsDeleted".to_owned(), json!(true));
    let before = record.clone();
    save(txn, object, record, writer);
    rules::after_delete(txn, object, &before, writer);
    Ok(())
}
