//! Requests in a row inside one call: what `/composite` and each graph of `/composite/graph` are made of.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::references::{self, Results};
use crate::salesforce::conditional::Conditions;
use crate::salesforce::error::SfError;
use crate::salesforce::rest::{self, Answer, Call, Context};
use crate::salesforce::soql::node::Node;
use crate::world::store::Txn;

const HALTED_ALL: &str = "The transaction was rolled back since another operation in the same transaction failed.";

/// Path segments after the version, and the query.
pub(crate) fn split_url(url: &str) -> Option<(Vec<String>, HashMap<String, String>)> {
    let (_, path, query) = versioned(url.strip_prefix("/services/data/")?);
    Some((path, query))
}

/// The version that an address begins with, the path segments after it, and the query.
pub(super) fn versioned(url: &str) -> (&str, Vec<String>, HashMap<String, String>) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (version, rest) = path.split_once('/').unwrap_or((path, ""));
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let segments = rest.split('/').filter(|s| !s.is_empty()).map(decode).collect();
    (version, segments, url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// Whether a path is one of the resources that hold requests themselves.
pub(super) fn is_envelope(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(path.as_slice(), ["composite"] | ["composite", "batch" | "graph"])
}

#[derive(Clone)]
struct Done {
    reference: String,
    status: u16,
    body: Option<Node>,
    headers: Vec<(&'static str, String)>,
}

impl Done {
    fn failed(reference: &str, error: &SfError) -> Self {
        let body = Node::Value(error.body());
        Self { reference: reference.to_owned(), status: error.status, body: Some(body), headers: Vec::new() }
    }

    fn answered(reference: &str, answer: Answer) -> Self {
        let Answer { status, body, headers, .. } = answer;
        Self { reference: reference.to_owned(), status, body, headers }
    }

    fn show(self) -> Node {
        let headers: serde_json::Map<String, Value> =
            self.headers.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        Node::Object(vec![
            ("body".to_owned(), self.body.unwrap_or(Node::Value(Value::Null))),
            ("httpHeaders".to_owned(), Node::Value(Value::Object(headers))),
            ("httpStatusCode".to_owned(), Node::Value(json!(self.status))),
            ("referenceId".to_owned(), Node::Value(json!(self.reference))),
        ])
    }
}

/// What came of a row of requests.
pub(super) struct Outcome {
    /// `false` when all were rolled back because of one.
    pub kept: bool,
    done: Vec<Done>,
}

impl Outcome {
    /// `{"compositeResponse": […]}`, in the order of the requests.
    pub(super) fn show(self) -> Node {
        let responses = self.done.into_iter().map(Done::show).collect();
        Node::Object(vec![("compositeResponse".to_owned(), Node::Array(responses))])
    }
}

/// Runs the requests one after the other; with `all_or_none` the first failure undoes and ends them all. `allow`
/// refuses what the resource does not take.
pub(super) fn run(
    txn: &mut Txn<'_>,
    requests: &[Value],
    all_or_none: bool,
    context: &Context<'_>,
    allow: impl Fn(&Call) -> Result<(), SfError>,
) -> Outcome {
    let start = txn.savepoint();
    let mut results = Results::new();
    let mut done = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let reference = request["referenceId"].as_str().unwrap_or_default();
        let savepoint = txn.savepoint();
        match one(txn, request, &results, context, &allow) {
            // A resource may answer a failure itself, as the tree does.
            Ok(answer) if all_or_none && answer.status >= 400 => {
                txn.roll_back_to(start);
                return Outcome { kept: false, done: halted(requests, at, &Done::answered(reference, answer)) };
            }
            Ok(answer) => {
                let value = answer.body.as_ref().and_then(|body| serde_json::to_value(body).ok()).unwrap_or_default();
                results.insert(reference.to_owned(), value);
                done.push(Done::answered(reference, answer));
            }
            Err(error) if all_or_none => {
                txn.roll_back_to(start);
                return Outcome { kept: false, done: halted(requests, at, &Done::failed(reference, &error)) };
            }
            Err(error) => {
                txn.roll_back_to(savepoint);
                done.push(Done::failed(reference, &error));
            }
        }
    }
    Outcome { kept: true, done }
}

/// The one that failed says why, all others that they were undone with it.
fn halted(requests: &[Value], at: usize, failed: &Done) -> Vec<Done> {
    let others = SfError::bad("PROCESSING_HALTED", HALTED_ALL);
    let each = requests.iter().enumerate().map(|(index, request)| match request["referenceId"].as_str() {
        _ if index == at => failed.clone(),
        reference => Done::failed(reference.unwrap_or_default(), &others),
    });
    each.collect()
}

/// Reference ids begin with a letter, consist of letters, digits and underscores, and occur once.
pub(super) fn check_references(requests: &[Value]) -> Result<(), SfError> {
    let mut references = HashSet::new();
    for request in requests {
        let reference = request["referenceId"].as_str().unwrap_or_default();
        let well_formed = reference.starts_with(|c: char| c.is_ascii_alphabetic())
            && reference.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !well_formed || !references.insert(reference) {
            return Err(SfError::bad(
                "JSON_PARSER_ERROR",
                format!("Provided referenceId '{reference}' is invalid or not unique"),
            ));
        }
    }
    Ok(())
}

fn one(
    txn: &mut Txn<'_>,
    request: &Value,
    results: &Results,
    context: &Context<'_>,
    allow: impl Fn(&Call) -> Result<(), SfError>,
) -> Result<Answer, SfError> {
    let url = request["url"].as_str().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "url is required"))?;
    let url = references::fill_text(url, results)?;
    let (path, query) = split_url(&url).ok_or_else(SfError::not_found)?;
    let method = request["method"].as_str().unwrap_or_default().to_ascii_uppercase();
    let body = references::fill(&request["body"], results)?;
    let header = |name: &str| {
        let headers = request["httpHeaders"].as_object()?;
        headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name))?.1.as_str()
    };
    let conditions = Conditions::read(header);
    let call = Call { method, path, query, body, batch: None, conditions };
    allow(&call)?;
    rest::handle(txn, &call, context)
}
