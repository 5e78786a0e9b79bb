//! The resources under `/services/data/vXX.X`; composite sub-requests come through here as well.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::conditional::{Conditions, State};
use super::error::SfError;
use super::records::{self, Record, Writer};
use super::rules::content;
use super::schema::{self, Field, Kind, Object};
use super::soql::columns::{attributes, shown};
use super::soql::node::Node;
use super::upsert::{self, Match};
use super::{collections, composite, describe, query, tree};
use crate::World;
use crate::pubsub::log;
use crate::world::store::Txn;

/// One request, from the wire or from inside a composite.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: String,
    /// Decoded path segments after the version.
    pub path: Vec<String>,
    pub query: HashMap<String, String>,
    pub body: Value,
    /// `Sforce-Query-Options: batchSize=N`.
    pub batch: Option<usize>,
    pub conditions: Conditions,
}

impl Call {
    pub(crate) fn members(&self) -> Result<&Record, SfError> {
        self.body.as_object().ok_or_else(|| {
            SfError::bad("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
        })
    }

    /// Whether a parameter of the address says `true`.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.query.get(name).is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
    }

    fn fields(&self) -> Option<Vec<&str>> {
        self.query.get("fields").map(|fields| fields.split(',').map(str::trim).filter(|f| !f.is_empty()).collect())
    }
}

/// A successful answer (composite members carry their own failures inside).
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Option<Node>,
    /// A file's bytes instead of a body.
    pub bytes: Option<Vec<u8>>,
    pub headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(Node::Value(body)), bytes: None, headers: Vec::new() }
    }

    pub(crate) fn node(body: Node) -> Self {
        Self { status: 200, body: Some(body), bytes: None, headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn empty(status: u16) -> Self {
        Self { status, body: None, bytes: None, headers: Vec::new() }
    }
}

/// Where a request runs.
pub(crate) struct Context<'a> {
    pub world: &'a World,
    pub version: &'a str,
    pub writer: &'a Writer,
}

impl Context<'_> {
    fn number(&self) -> u32 {
        self.version.trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

pub(crate) fn find_object(name: &str) -> Result<&'static Object, SfError> {
    schema::find(name).ok_or_else(SfError::not_found)
}

/// Answers one request inside a transaction.
pub(crate) fn handle(txn: &mut Txn<'_>, call: &Call, context: &Context<'_>) -> Result<Answer, SfError> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).filter(|segment| !segment.is_empty()).collect();
    let version = context.version;
    match (call.method.as_str(), path.as_slice()) {
        ("GET", []) => Ok(Answer::json(200, describe::resources(version))),
        ("GET", ["query" | "queryAll"]) => {
            let q =
                call.query.get("q").ok_or_else(|| SfError::bad("MALFORMED_QUERY", "SOQL query string is missing"))?;
            let all = path[0] == "queryAll";
            query::first_page(context.world, txn, q, version, all, call.batch).map(Answer::node)
        }
        ("GET", ["query" | "queryAll", locator]) => {
            query::next_page(context.world, locator, version, call.batch).map(Answer::node)
        }
        ("GET", ["search"]) => {
            let q = call.query.get("q").ok_or_else(|| SfError::bad("MALFORMED_SEARCH", "search string is missing"))?;
            query::search(txn, q, version).map(Answer::node)
        }
        ("GET", ["tooling", "query"]) => {
            let q =
                call.query.get("q").ok_or_else(|| SfError::bad("MALFORMED_QUERY", "SOQL query string is missing"))?;
            query::tooling(txn, q, version).map(Answer::node)
        }
        ("GET", ["limits"]) => Ok(Answer::json(200, describe::limits(context.world))),
        ("GET", ["sobjects"]) => Ok(Answer::json(200, describe::global(version))),
        ("GET", ["sobjects", object]) => Ok(Answer::json(200, describe::basic(find_object(object)?, version))),
        ("GET", ["sobjects", object, "describe"]) => {
            let object = find_object(object)?;
            read(&State::described(describe::CHANGED), call, || Ok(Node::Value(describe::object(object, version))))
        }
        ("POST", ["sobjects", event]) if event.ends_with("__e") => publish(txn, call, event, context),
        ("POST", ["sobjects", object]) => create(txn, call, find_object(object)?, context),
        ("GET", ["sobjects", object, id]) => {
            let object = find_object(object)?;
            let record = records::get(txn, object, id)?;
            read(&State::of(&record), call, || show(object, &record, call.fields(), version))
        }
        ("PATCH", ["sobjects", object, id]) => {
            let object = find_object(object)?;
            call.conditions.allow(&State::of(&records::get(txn, object, id)?))?;
            records::update(txn, object, id, call.members()?, context.writer)?;
            Ok(Answer::empty(204))
        }
        ("DELETE", ["sobjects", object, id]) => {
            let object = find_object(object)?;
            call.conditions.allow(&State::of(&records::get(txn, object, id)?))?;
            records::delete(txn, object, id, context.writer)?;
            Ok(Answer::empty(204))
        }
        ("GET", ["sobjects", object, id, field])
            if schema::find(object)
                .and_then(|object| object.field(field))
                .is_some_and(|field| field.kind == Kind::Base64) =>
        {
            let record = records::get(txn, find_object(object)?, id)?;
            let bytes = content::bytes(txn, records::text(&record, "Id").unwrap_or_default());
            Ok(Answer {
                status: 200,
                body: None,
                bytes: Some(bytes.ok_or_else(SfError::not_found)?),
                headers: Vec::new(),
            })
        }
        ("GET", ["sobjects", object, field, value]) => {
            let object = find_object(object)?;
            let record = Match::find(txn, object, field, value)?.only(object, version)?;
            read(&State::of(&record), call, || show(object, &record, call.fields(), version))
        }
        ("PATCH", ["sobjects", object, field, value]) => {
            save_by(txn, call, find_object(object)?, field, value, context)
        }
        ("DELETE", ["sobjects", object, field, value]) => {
            let object = find_object(object)?;
            let record = Match::find(txn, object, field, value)?.only(object, version)?;
            call.conditions.allow(&State::of(&record))?;
            records::delete(txn, object, records::text(&record, "Id").unwrap_or_default(), context.writer)?;
            Ok(Answer::empty(204))
        }
        ("POST", ["composite"]) => composite::run(txn, &call.body, context),
        ("POST", ["composite", "batch"]) => composite::batch(txn, &call.body, context),
        ("POST", ["composite", "graph"]) => composite::graph(txn, &call.body, context),
        ("POST", ["composite", "tree", object]) => tree::create(txn, find_object(object)?, &call.body, context.writer),
        ("POST", ["composite", "sobjects"]) => collections::create(txn, &call.body, context.writer),
        ("PATCH", ["composite", "sobjects"]) => collections::update(txn, &call.body, context.writer),
        ("PATCH", ["composite", "sobjects", object, field]) => {
            collections::save_by(txn, find_object(object)?, field, &call.body, context.writer)
        }
        ("DELETE", ["composite", "sobjects"]) => collections::delete(txn, call, context.writer),
        ("GET" | "POST", ["composite", "sobjects", object]) => {
            collections::read(txn, find_object(object)?, call, version)
        }
        (
            _,
            ["query" | "queryAll" | "search" | "limits" | "composite", ..]
            | ["sobjects"]
            | ["sobjects", _]
            | ["sobjects", _, _],
        ) => Err(SfError::method()),
        _ => Err(SfError::not_found()),
    }
}

/// Answers a reading unless the client has it already.
fn read(state: &State, call: &Call, show: impl FnOnce() -> Result<Node, SfError>) -> Result<Answer, SfError> {
    let answer = if call.conditions.wants(state)? { Answer::node(show()?) } else { Answer::empty(304) };
    Ok(Answer { headers: state.headers(), ..answer })
}

/// A record with all fields or the ones asked for.
pub(crate) fn show(
    object: &'static Object,
    record: &Record,
    fields: Option<Vec<&str>>,
    version: &str,
) -> Result<Node, SfError> {
    let mut members = vec![("attributes".to_owned(), attributes(object, record, version))];
    let value = |field: &Field| Node::Value(shown(object, field, record, version));
    match fields {
        None => members.extend(object.all_fields().map(|field| (field.name.to_owned(), value(field)))),
        Some(names) => {
            for name in names {
                let field = object.field(name).ok_or_else(|| {
                    SfError::bad("INVALID_FIELD", format!("No such column '{name}' on sobject of type {}", object.name))
                })?;
                members.push((field.name.to_owned(), value(field)));
            }
            // Id always comes along.
            if !members.iter().any(|(name, _)| name == "Id") {
                members.push(("Id".to_owned(), Node::Value(record.get("Id").cloned().unwrap_or_default())));
            }
        }
    }
    Ok(Node::Object(members))
}

fn location(object: &Object, id: &str, version: &str) -> String {
    format!("/services/data/{version}/sobjects/{}/{id}", object.name)
}

fn create(txn: &mut Txn<'_>, call: &Call, object: &'static Object, context: &Context<'_>) -> Result<Answer, SfError> {
    let id = records::create(txn, object, call.members()?, context.writer)?;
    let location = location(object, &id, context.version);
    Ok(Answer::json(201, json!({ "id": id, "success": true, "errors": [] })).with("Location", location))
}

fn save_by(
    txn: &mut Txn<'_>,
    call: &Call,
    object: &'static Object,
    field: &str,
    value: &str,
    context: &Context<'_>,
) -> Result<Answer, SfError> {
    let body = call.members()?;
    let known = Match::find(txn, object, field, value)?;
    upsert::refuse_key_in_body(field, body)?;
    match &known {
        Match::None if call.is_set("updateOnly") => return Err(SfError::not_found()),
        Match::None => {}
        Match::One(record) => call.conditions.allow(&State::of(record))?,
        Match::Several(_) => return known.only(object, context.version).map(|_| Answer::empty(204)),
    }
    let (id, created) = upsert::save(txn, object, (field, value), &known, body, context.writer)?;
    if context.number() < 46 && !created {
        return Ok(Answer::empty(204));
    }
    let status = if created { 201 } else { 200 };
    let answer = Answer::json(status, json!({ "id": id, "success": true, "errors": [], "created": created }));
    Ok(if created { answer.with("Location", location(object, &id, context.version)) } else { answer })
}

/// Events are accepted, not stored as records: the reply's pseudo error carries the event's UUID.
fn publish(txn: &mut Txn<'_>, call: &Call, event: &str, context: &Context<'_>) -> Result<Answer, SfError> {
    let published = log::publish(txn, event, &Value::Object(call.members()?.clone()), context.writer.now_ms);
    let event = published.map_err(|error| match error {
        log::PublishError::UnknownTopic(_) => SfError::not_found(),
        log::PublishError::Store(error) => error.into(),
        other => SfError::bad("INVALID_FIELD", other.to_string()),
    })?;
    let body = json!({
        "id": super::ids::make("e01", 1), "success": true,
        "errors": [{ "statusCode": "OPERATION_ENQUEUED", "message": event.id, "fields": [] }],
    });
    Ok(Answer::json(201, body))
}

impl From<log::PublishError> for SfError {
    fn from(error: log::PublishError) -> Self {
        Self::bad("INVALID_FIELD", error.to_string())
    }
}

/// Names under which a fault may wait for this request; the first one is logged.
pub(crate) fn operations(method: &str, path: &[String], body: &Value) -> Vec<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).filter(|segment| !segment.is_empty()).collect();
    let verb = match method {
        "POST" => "create",
        "PATCH" => "update",
        "DELETE" => "delete",
        _ => "get",
    };
    match path.as_slice() {
        ["sobjects", object, "describe"] => vec![format!("{object}.describe"), "describe".to_owned()],
        ["sobjects", object, _, _] if method == "PATCH" => vec![format!("{object}.upsert"), format!("{object}.update")],
        ["sobjects", object, ..] => vec![format!("{object}.{verb}")],
        ["composite"] | ["composite", "batch" | "graph"] => {
            let mut names = vec![path.join("/")];
            names.extend(composite::inner_operations(&path, body));
            names
        }
        ["composite", "tree", object] => vec!["composite/tree".to_owned(), format!("{object}.create")],
        ["composite", kind, ..] => vec![format!("composite/{kind}")],
        [first, ..] => vec![(*first).to_owned()],
        [] => vec!["resources".to_owned()],
    }
}
