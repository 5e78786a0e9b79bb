//! Records by external id: reading, saving, deleting. Reading by record id is in `rest`.

use serde_json::{Value, json};

use super::error::SfError;
use super::records::{self, Record, Writer, text};
use super::schema::Object;
use super::values;
use crate::world::store::{Store, Txn};

/// Records with an external id.
pub(crate) enum Match {
    None,
    One(Record),
    /// Ids of all of them, oldest first.
    Several(Vec<String>),
}

impl Match {
    /// # Errors
    /// 404 `NOT_FOUND` when the object has no such external id, and what a bad value gives.
    pub(crate) fn find(store: &Store, object: &Object, field: &str, value: &str) -> Result<Self, SfError> {
        let unknown = || {
            SfError::new(
                404,
                "NOT_FOUND",
                format!("Provided external ID field does not exist or is not accessible: {field}"),
            )
        };
        let field = object.field(field).filter(|field| field.external_id).ok_or_else(unknown)?;
        let value = values::accept(field, &json!(value))?.unwrap_or(Value::Null);
        let found: Vec<&Record> = records::with(store, object, field.name, &value).collect();
        Ok(match found.as_slice() {
            [] => Self::None,
            [one] => Self::One((*one).clone()),
            several => Self::Several(several.iter().filter_map(|one| text(one, "Id").map(str::to_owned)).collect()),
        })
    }

    /// The one record, for requests about it alone.
    ///
    /// # Errors
    /// 404 when there is none, 300 with their addresses when there are several.
    pub(crate) fn only(self, object: &Object, version: &str) -> Result<Record, SfError> {
        match self {
            Self::None => Err(SfError::not_found()),
            Self::One(record) => Ok(record),
            Self::Several(ids) => {
                let base = format!("/services/data/{version}/sobjects/{}", object.name);
                Err(SfError::several(ids.iter().map(|id| format!("{base}/{id}")).collect()))
            }
        }
    }
}

/// Changes the record or creates it with the external id; answers its id and whether it is new. `known` is what
/// [`Match::find`] gave for the same value.
///
/// # Errors
/// `DUPLICATE_EXTERNAL_ID` when several match, and everything that saving refuses.
pub(crate) fn save(
    txn: &mut Txn<'_>,
    object: &'static Object,
    (field, value): (&str, &str),
    known: &Match,
    body: &Record,
    writer: &Writer,
) -> Result<(String, bool), SfError> {
    let mut body = body.clone();
    body.retain(|name, _| !name.eq_ignore_ascii_case(field));
    match known {
        Match::One(record) => {
            let id = text(record, "Id").unwrap_or_default().to_owned();
            records::update(txn, object, &id, &body, writer)?;
            Ok((id, false))
        }
        Match::None => {
            body.insert(field.to_owned(), json!(value));
            Ok((records::create(txn, object, &body, writer)?, true))
        }
        Match::Several(ids) => Err(SfError::bad(
            "DUPLICATE_EXTERNAL_ID",
            format!("{field}: more than one record found for external id field: [{}]", ids.join(", ")),
        )),
    }
}

/// The key stands in the address only.
pub(crate) fn refuse_key_in_body(field: &str, body: &Record) -> Result<(), SfError> {
    match body.keys().find(|name| name.eq_ignore_ascii_case(field)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("The {name} field should not be specified in the sobject data.");
            Err(SfError::bad("INVALID_FIELD", message).on(name))
        }
    }
}
