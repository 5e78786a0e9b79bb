//! `/composite/sobjects`: up to 200 records in one call.

use serde_json::{Value, json};

use super::error::SfError;
use super::records::{self, Record, Writer};
use super::rest::{self, Answer, Call};
use super::schema::{self, Object};
use super::soql::node::Node;
use super::upsert::{self, Match};
use crate::world::store::Txn;

const LIMIT: usize = 200;

fn rows(body: &Value) -> Result<&Vec<Value>, SfError> {
    let rows = body["records"].as_array().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "records is required"))?;
    if rows.len() > LIMIT {
        return Err(SfError::bad(
            "EXCEEDED_ID_LIMIT",
            format!("record limit reached. cannot submit more than {LIMIT} records into this call"),
        ));
    }
    Ok(rows)
}

/// Saves row by row; with `all_or_none` one failure undoes the rest and marks them so.
fn save<T>(
    txn: &mut Txn<'_>,
    rows: impl IntoIterator<Item = T>,
    all_or_none: bool,
    show_created: bool,
    mut one: impl FnMut(&mut Txn<'_>, T) -> Result<(String, bool), SfError>,
) -> Answer {
    let start = txn.savepoint();
    let results: Vec<Result<(String, bool), SfError>> = rows
        .into_iter()
        .map(|row| {
            let savepoint = txn.savepoint();
            let result = one(txn, row);
            if result.is_err() {
                txn.roll_back_to(savepoint);
            }
            result
        })
        .collect();
    let undo = all_or_none && results.iter().any(Result::is_err);
    if undo {
        txn.roll_back_to(start);
    }
    let rolled_back = SfError::bad(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    );
    let shown = results.into_iter().map(|result| {
        let mut row = match &result {
            Ok((id, _)) if !undo => json!({ "id": id, "success": true, "errors": [] }),
            Ok(_) => json!({ "success": false, "errors": [rolled_back.save_result()] }),
            Err(error) => json!({ "success": false, "errors": [error.save_result()] }),
        };
        if show_created {
            row["created"] = json!(!undo && result.is_ok_and(|(_, created)| created));
        }
        row
    });
    Answer::json(200, shown.collect())
}

fn members(row: &Value) -> Result<&Record, SfError> {
    row.as_object().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "a record must be an object"))
}

fn object_of(row: &Value) -> Result<&'static Object, SfError> {
    let name = row["attributes"]["type"]
        .as_str()
        .ok_or_else(|| SfError::bad("INVALID_INPUT", "attributes.type is required"))?;
    schema::find(name).ok_or_else(|| SfError::bad("INVALID_TYPE", format!("sObject type '{name}' is not supported.")))
}

pub(crate) fn create(txn: &mut Txn<'_>, body: &Value, writer: &Writer) -> Result<Answer, SfError> {
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    Ok(save(txn, rows(body)?, all_or_none, false, |txn, row| {
        records::create(txn, object_of(row)?, members(row)?, writer).map(|id| (id, true))
    }))
}

pub(crate) fn update(txn: &mut Txn<'_>, body: &Value, writer: &Writer) -> Result<Answer, SfError> {
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    Ok(save(txn, rows(body)?, all_or_none, false, |txn, row| {
        let mut fields = members(row)?.clone();
        let id = fields.remove("id").or_else(|| fields.remove("Id"));
        let id = id
            .as_ref()
            .and_then(Value::as_str)
            .ok_or_else(|| SfError::bad("MISSING_ARGUMENT", "Id not specified in an update call"))?;
        let object = object_of(row)?;
        records::update(txn, object, id, &fields, writer)?;
        Ok((id.to_owned(), false))
    }))
}

pub(crate) fn save_by(
    txn: &mut Txn<'_>,
    object: &'static Object,
    field: &str,
    body: &Value,
    writer: &Writer,
) -> Result<Answer, SfError> {
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    Ok(save(txn, rows(body)?, all_or_none, true, |txn, row| {
        let value = match &row[field] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(SfError::bad("MISSING_ARGUMENT", format!("{field} not specified"))),
        };
        let known = Match::find(txn, object, field, &value)?;
        upsert::save(txn, object, (field, &value), &known, members(row)?, writer)
    }))
}

pub(crate) fn delete(txn: &mut Txn<'_>, call: &Call, writer: &Writer) -> Result<Answer, SfError> {
    let ids: Vec<&str> = call.query.get("ids").map(|ids| ids.split(',').collect()).unwrap_or_default();
    if ids.is_empty() || ids.len() > LIMIT {
        return Err(SfError::bad("EXCEEDED_ID_LIMIT", format!("between 1 and {LIMIT} ids are required")));
    }
    let all_or_none = call.is_set("allOrNone");
    Ok(save(txn, ids, all_or_none, false, |txn, id| {
        let object = schema::of_id(id).ok_or_else(|| SfError::bad("MALFORMED_ID", format!("bad id {id}")))?;
        records::delete(txn, object, id, writer)?;
        Ok((id.to_owned(), false))
    }))
}

/// Reads several records; a missing one is `null`.
pub(crate) fn read(txn: &Txn<'_>, object: &'static Object, call: &Call, version: &str) -> Result<Answer, SfError> {
    let list = |name: &str| -> Vec<String> {
        match (&call.body[name], call.query.get(name)) {
            (Value::Array(items), _) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            (_, Some(text)) => text.split(',').map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let (ids, fields) = (list("ids"), list("fields"));
    if ids.is_empty() || fields.is_empty() {
        return Err(SfError::bad("MISSING_ARGUMENT", "ids and fields are required"));
    }
    let rows = ids.iter().map(|id| match records::get(txn, object, id) {
        Ok(record) => rest::show(object, &record, Some(fields.iter().map(String::as_str).collect()), version),
        Err(_) => Ok(Node::Value(Value::Null)),
    });
    Ok(Answer::node(Node::Array(rows.collect::<Result<_, _>>()?)))
}
