//! Records in general: create, read, update, upsert, delete, one at a time, as a tree or many at once. Knows no object; what
//! fields mean is the business of the mappers. Every call is judged as all others: classes of errors, renewal of the session,
//! watch over the daily calls.

use super::client::{self, Answer, Client};
use super::composite;
use super::rest_error::{self, RestError};
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::http::{Call, Reply};
use domain::orders::providers::salesforce::normalise_id;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Most records of one tree, and of one call for many.
pub const MOST_RECORDS: usize = 200;

/// Fields of a record by their API names.
pub type Fields = Map<String, Value>;

/// What an upsert did, or found in its way.
#[must_use = "several records are no success"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upserted {
    /// The 18-character id.
    Created(String),
    Updated(String),
    /// Nothing was done: several records have this external id, because the organisation's field is not unique.
    Several,
}

impl Upserted {
    /// The id, where there is one record.
    pub(super) fn id(self) -> Result<String, UpstreamErrorKind> {
        match self {
            Self::Created(id) | Self::Updated(id) => Ok(id),
            Self::Several => Err(UpstreamErrorKind::refused(rest_error::SEVERAL)),
        }
    }
}

/// What became of one row of a call for many: its id, or why it was not written.
pub type Row = Result<String, UpstreamErrorKind>;

impl Client {
    /// Creates a record; answers its 18-character id.
    ///
    /// # Errors
    /// `OutcomeUnknown`: it may have been made, look before sending it again (with a unique external id a repeat is refused as
    /// `DUPLICATE_VALUE`); `Refused`, `Unavailable` (also a row that another transaction holds), `Denied`.
    pub async fn create_record(&self, object: &'static str, fields: &Fields) -> Result<String, UpstreamError> {
        let call = Self::call_write("create record");
        self.insert(call, object, fields).await.and_then(Answer::value).map_err(|kind| call.error(kind))
    }

    /// Reads fields of a record.
    ///
    /// # Errors
    /// `NotFound`, `Refused` (no such field), `Unavailable`, `Denied`, `Garbled`.
    pub async fn read_record(
        &self,
        object: &'static str,
        id: &str,
        fields: &[&'static str],
    ) -> Result<Fields, UpstreamError> {
        let call = Self::call_read("read record");
        let path = self.record_path(object, id).map_err(|kind| call.error(kind))?;
        let path = format!("{path}?fields={}", fields.join(","));
        match self.request(call, Method::GET, &path, None).await.and_then(Answer::value) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(call.error(UpstreamErrorKind::garbled("the record is not an object"))),
            Err(kind) => Err(call.error(kind)),
        }
    }

    /// Writes fields of a record; the others stay as they are. The same every time.
    ///
    /// # Errors
    /// `NotFound`, `Refused`, `OutcomeUnknown`, `Unavailable`, `Denied`.
    pub async fn update_record(&self, object: &'static str, id: &str, fields: &Fields) -> Result<(), UpstreamError> {
        let call = Self::call_write("update record");
        self.patch(call, object, id, fields).await.map_err(|kind| call.error(kind))
    }

    /// Makes or writes the record whose external id `field` is `value`. The field must not be among the others. The same every
    /// time.
    ///
    /// # Errors
    /// `Refused`, `OutcomeUnknown`, `Unavailable`, `Denied`; `NotFound`: the object has no such external id.
    pub async fn upsert_record(
        &self,
        object: &'static str,
        (field, value): (&'static str, &str),
        fields: &Fields,
    ) -> Result<Upserted, UpstreamError> {
        let call = Self::call_write("upsert record");
        self.upsert(call, object, (field, value), fields).await.map_err(|kind| call.error(kind))
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// `NotFound`: gone already; `Refused`, `OutcomeUnknown` (sending it again is harmless), `Unavailable`, `Denied`.
    pub async fn delete_record(&self, object: &'static str, id: &str) -> Result<(), UpstreamError> {
        let call = Self::call_write("delete record");
        let path = self.record_path(object, id).map_err(|kind| call.error(kind))?;
        self.request(call, Method::DELETE, &path, None)
            .await
            .and_then(Answer::value)
            .map(drop)
            .map_err(|kind| call.error(kind))
    }

    /// Creates many records of one object, in order; all or none, or each by itself.
    ///
    /// # Errors
    /// With `all_or_none` the cause of any failure, and nothing was done; without it rows fail by themselves. `OutcomeUnknown`,
    /// `Unavailable`, `Denied`; `Refused` for more than [`MOST_RECORDS`].
    pub async fn create_records(
        &self,
        object: &'static str,
        records: &[Fields],
        all_or_none: bool,
    ) -> Result<Vec<Row>, UpstreamError> {
        let call = Self::call_write("create records");
        let records = records.iter().map(|fields| with_type(object, None, fields)).collect();
        self.many(call, Method::POST, records, all_or_none).await.map_err(|kind| call.error(kind))
    }

    /// Writes fields of many records of one object, each with its id.
    ///
    /// # Errors
    /// As [`Client::create_records`].
    pub async fn update_records(
        &self,
        object: &'static str,
        records: &[(String, Fields)],
        all_or_none: bool,
    ) -> Result<Vec<Row>, UpstreamError> {
        let call = Self::call_write("update records");
        let records = records.iter().map(|(id, fields)| with_type(object, Some(id), fields)).collect();
        self.many(call, Method::PATCH, records, all_or_none).await.map_err(|kind| call.error(kind))
    }

    /// Deletes many records of any objects.
    ///
    /// # Errors
    /// As [`Client::create_records`]; `NotFound` when an id is none.
    pub async fn delete_records(&self, ids: &[String], all_or_none: bool) -> Result<Vec<Row>, UpstreamError> {
        let call = Self::call_write("delete records");
        let ids: Option<Vec<String>> = ids.iter().map(|id| normalise_id(id)).collect();
        let ids = ids.ok_or_else(|| call.error(UpstreamErrorKind::NotFound))?;
        at_most(ids.len()).map_err(|kind| call.error(kind))?;
        let path = self.path(&format!("/composite/sobjects?ids={}&allOrNone={all_or_none}", ids.join(",")));
        let answer = self.request_rows(call, Method::DELETE, &path, None, (ids.len(), all_or_none)).await;
        answer.map_err(|kind| call.error(kind))
    }

    /// Creates records with their children, all or none (always). Each carries `attributes` with its type and a name;
    /// answers the ids by these names.
    ///
    /// # Errors
    /// `Refused` (the cause), `OutcomeUnknown`, `Unavailable`, `Denied`. Nothing was done unless it is `OutcomeUnknown`.
    pub async fn create_tree(
        &self,
        object: &'static str,
        records: Vec<Value>,
    ) -> Result<HashMap<String, String>, UpstreamError> {
        let call = Self::call_write("create tree");
        self.tree(call, object, records).await.and_then(Answer::value).map_err(|kind| call.error(kind))
    }

    /// As [`Client::create_record`], for callers that look at the errors themselves.
    pub(super) async fn insert(
        &self,
        call: Call,
        object: &str,
        fields: &Fields,
    ) -> Result<Answer<String>, UpstreamErrorKind> {
        let body = Value::Object(fields.clone());
        let read = |reply: &Reply| saved(&client::json(call, reply)?).ok_or(UpstreamErrorKind::OutcomeUnknown);
        self.request_read(call, Method::POST, &self.path(&format!("/sobjects/{object}")), Some(&body), read).await
    }

    /// As [`Client::update_record`], under the name of the caller.
    pub(super) async fn patch(
        &self,
        call: Call,
        object: &str,
        id: &str,
        fields: &Fields,
    ) -> Result<(), UpstreamErrorKind> {
        let path = self.record_path(object, id)?;
        self.request(call, Method::PATCH, &path, Some(&Value::Object(fields.clone()))).await?.value().map(drop)
    }

    /// As [`Client::upsert_record`], under the name of the caller.
    pub(super) async fn upsert(
        &self,
        call: Call,
        object: &str,
        (field, value): (&str, &str),
        fields: &Fields,
    ) -> Result<Upserted, UpstreamErrorKind> {
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
        let path = self.path(&format!("/sobjects/{object}/{field}/{value}"));
        let body = Value::Object(fields.clone());
        let read = |reply: &Reply| {
            let json = client::json(call, reply)?;
            // 201 says it too, in versions that leave `created` out.
            let created = json.get("created").and_then(Value::as_bool).unwrap_or(reply.status == StatusCode::CREATED);
            let saved = saved(&json).ok_or(UpstreamErrorKind::OutcomeUnknown)?;
            Ok(saved.map(if created { Upserted::Created } else { Upserted::Updated }))
        };
        match self.request_read(call, Method::PATCH, &path, Some(&body), read).await? {
            Answer::Errors(StatusCode::MULTIPLE_CHOICES, _) => Ok(Upserted::Several),
            other => other.value(),
        }
    }

    /// As [`Client::create_tree`], for callers that look at the errors themselves.
    pub(super) async fn tree(
        &self,
        call: Call,
        object: &str,
        records: Vec<Value>,
    ) -> Result<Answer<HashMap<String, String>>, UpstreamErrorKind> {
        let body = json!({ "records": records });
        let read = |reply: &Reply| {
            let made = grown(&client::json(call, reply)?).ok_or(UpstreamErrorKind::OutcomeUnknown)?;
            Ok(Answer::Ok(made))
        };
        self.request_read(call, Method::POST, &self.path(&format!("/composite/tree/{object}")), Some(&body), read).await
    }

    async fn many(
        &self,
        call: Call,
        method: Method,
        records: Vec<Value>,
        all_or_none: bool,
    ) -> Result<Vec<Row>, UpstreamErrorKind> {
        at_most(records.len())?;
        let count = records.len();
        let body = json!({ "allOrNone": all_or_none, "records": records });
        self.request_rows(call, method, &self.path("/composite/sobjects"), Some(&body), (count, all_or_none)).await
    }

    async fn request_rows(
        &self,
        call: Call,
        method: Method,
        path: &str,
        body: Option<&Value>,
        (count, all_or_none): (usize, bool),
    ) -> Result<Vec<Row>, UpstreamErrorKind> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let read = |reply: &Reply| {
            let json = client::json(call, reply)?;
            // The answer is 200 whatever became of the rows.
            if all_or_none && let Some(errors) = composite::failed_rows(&json) {
                return Ok(Answer::Errors(StatusCode::BAD_REQUEST, errors));
            }
            rows(&json, count).map(Answer::Ok).ok_or(UpstreamErrorKind::OutcomeUnknown)
        };
        self.request_read(call, method, path, body, read).await?.value()
    }

    /// An id that is none leads nowhere.
    fn record_path(&self, object: &str, id: &str) -> Result<String, UpstreamErrorKind> {
        let id = normalise_id(id).ok_or(UpstreamErrorKind::NotFound)?;
        Ok(self.path(&format!("/sobjects/{object}/{id}")))
    }
}

fn at_most(count: usize) -> Result<(), UpstreamErrorKind> {
    if count <= MOST_RECORDS {
        return Ok(());
    }
    Err(UpstreamErrorKind::Refused { reason: "more records than one call takes".to_owned() })
}

/// A record as calls for many want it.
fn with_type(object: &str, id: Option<&str>, fields: &Fields) -> Value {
    let mut record = fields.clone();
    record.insert("attributes".to_owned(), json!({ "type": object }));
    if let Some(id) = id {
        record.insert("id".to_owned(), json!(id));
    }
    Value::Object(record)
}

/// `id`, `success`, `errors`; `None` when it is no such answer.
fn saved(body: &Value) -> Option<Answer<String>> {
    let row = row(body)?;
    Some(match row {
        Ok(id) => Answer::Ok(id),
        Err(errors) => Answer::Errors(StatusCode::BAD_REQUEST, errors),
    })
}

fn row(body: &Value) -> Option<Result<String, Vec<RestError>>> {
    if body.get("success")?.as_bool()? {
        return Some(Ok(normalise_id(body.get("id")?.as_str()?)?));
    }
    Some(Err(rest_error::errors(body.get("errors").unwrap_or(&Value::Null))))
}

/// The rows in the order of the request; `None` when they are not as many.
fn rows(body: &Value, count: usize) -> Option<Vec<Row>> {
    let rows = body.as_array().filter(|rows| rows.len() == count)?;
    let read = |body| Some(row(body)?.map_err(|errors| rest_error::kind(StatusCode::BAD_REQUEST, &errors)));
    rows.iter().map(read).collect()
}

/// The ids of a tree by the names in the request.
fn grown(body: &Value) -> Option<HashMap<String, String>> {
    if body.get("hasErrors")?.as_bool()? {
        return None;
    }
    let name_and_id = |result: &Value| {
        let text = |member| result.get(member).and_then(Value::as_str);
        Some((text("referenceId")?.to_owned(), normalise_id(text("id")?)?))
    };
    body.get("results")?.as_array()?.iter().map(name_and_id).collect()
}
