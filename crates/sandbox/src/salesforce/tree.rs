//! `/composite/tree/T`: records with their children, always all or none.

use serde_json::{Value, json};

use super::error::SfError;
use super::records::{self, Record, Writer};
use super::rest::Answer;
use super::schema::Object;
use crate::world::store::Txn;

struct Progress {
    made: Vec<Value>,
    failed: Vec<Value>,
    count: usize,
}

/// Creates the tree; on any failure nothing is saved and only the failing records are listed.
pub(crate) fn create(
    txn: &mut Txn<'_>,
    object: &'static Object,
    body: &Value,
    writer: &Writer,
) -> Result<Answer, SfError> {
    let start = txn.savepoint();
    let mut progress = Progress { made: Vec::new(), failed: Vec::new(), count: 0 };
    level(txn, object, None, body, writer, 1, &mut progress)?;
    if progress.failed.is_empty() {
        return Ok(Answer::json(201, json!({ "hasErrors": false, "results": progress.made })));
    }
    txn.roll_back_to(start);
    Ok(Answer::json(400, json!({ "hasErrors": true, "results": progress.failed })))
}

fn level(
    txn: &mut Txn<'_>,
    object: &'static Object,
    parent: Option<(&'static str, &str)>,
    body: &Value,
    writer: &Writer,
    depth: usize,
    progress: &mut Progress,
) -> Result<(), SfError> {
    let records = body["records"].as_array().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "records is required"))?;
    for row in records {
        progress.count += 1;
        if progress.count > 200 || depth > 5 {
            return Err(SfError::bad("INVALID_INPUT", "a tree holds at most 200 records in 5 levels"));
        }
        let members = row.as_object().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "a record must be an object"))?;
        let reference = &row["attributes"]["referenceId"];
        let mut fields: Record = Record::new();
        let mut children = Vec::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != "attributes") {
            match object.child(name) {
                Some((_, child, field)) if value.is_object() => children.push((child, field, value)),
                _ => {
                    fields.insert(name.clone(), value.clone());
                }
            }
        }
        if let Some((field, id)) = parent {
            fields.insert(field.to_owned(), json!(id));
        }
        match records::create(txn, object, &fields, writer) {
            Ok(id) => {
                progress.made.push(json!({ "referenceId": reference, "id": id }));
                for (child, field, value) in children {
                    level(txn, child, Some((field, &id)), value, writer, depth + 1, progress)?;
                }
            }
            Err(error) => progress.failed.push(json!({ "referenceId": reference, "errors": [error.save_result()] })),
        }
    }
    Ok(())
}
