//! `/composite`: up to 25 requests in a row, with references, optionally all or none.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::conditional::Conditions;
use super::error::SfError;
use super::rest::{self, Answer, Call, Context};
use super::soql::node::Node;
use crate::world::store::Txn;

const HALTED_ALL: &str = "The transaction was rolled back since another operation in the same transaction failed.";

/// Path segments after the version, and the query.
pub(crate) fn split_url(url: &str) -> Option<(Vec<String>, HashMap<String, String>)> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let rest = path.strip_prefix("/services/data/")?;
    let (_, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let segments = rest.split('/').filter(|s| !s.is_empty()).map(decode).collect();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some((segments, query))
}

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

/// Runs the requests; the answer is 200 whenever the envelope was readable.
pub(crate) fn run(txn: &mut Txn<'_>, body: &Value, context: &Context<'_>) -> Result<Answer, SfError> {
    let requests = body["compositeRequest"]
        .as_array()
        .ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "compositeRequest is required"))?;
    check_envelope(requests)?;
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    let start = txn.savepoint();
    let mut results: HashMap<String, Value> = HashMap::new();
    let mut done = Vec::new();
    let mut failed_at = None;
    for (at, request) in requests.iter().enumerate() {
        let reference = request["referenceId"].as_str().unwrap_or_default();
        let savepoint = txn.savepoint();
        match one(txn, request, &results, context) {
            Ok(answer) => {
                let value = answer.body.as_ref().and_then(|body| serde_json::to_value(body).ok()).unwrap_or_default();
                results.insert(reference.to_owned(), value);
                done.push(Done {
                    reference: reference.to_owned(),
                    status: answer.status,
                    body: answer.body,
                    headers: answer.headers,
                });
            }
            Err(error) => {
                txn.roll_back_to(savepoint);
                done.push(Done::failed(reference, &error));
                if all_or_none {
                    failed_at = Some(at);
                    break;
                }
            }
        }
    }
    if let Some(failed) = failed_at {
        txn.roll_back_to(start);
        let halted = SfError::bad("PROCESSING_HALTED", HALTED_ALL);
        let failure = done.pop();
        done = requests
            .iter()
            .map(|request| Done::failed(request["referenceId"].as_str().unwrap_or_default(), &halted))
            .collect();
        if let (Some(slot), Some(failure)) = (done.get_mut(failed), failure) {
            *slot = failure;
        }
    }
    let responses = done.into_iter().map(Done::show).collect();
    Ok(Answer::node(Node::Object(vec![("compositeResponse".to_owned(), Node::Array(responses))])))
}

fn check_envelope(requests: &[Value]) -> Result<(), SfError> {
    if requests.is_empty() || requests.len() > 25 {
        let message = "The number of subrequests must be between 1 and 25";
        return Err(SfError::bad("PROCESSING_HALTED", message));
    }
    let mut references = HashSet::new();
    let mut heavy = 0;
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
        let url = request["url"].as_str().unwrap_or_default();
        heavy +=
            usize::from(["/query", "/composite/sobjects", "/composite/tree"].iter().any(|part| url.contains(part)));
    }
    if heavy > 5 {
        return Err(SfError::bad("PROCESSING_HALTED", "At most 5 subrequests may be queries or collections"));
    }
    Ok(())
}

fn one(
    txn: &mut Txn<'_>,
    request: &Value,
    results: &HashMap<String, Value>,
    context: &Context<'_>,
) -> Result<Answer, SfError> {
    let url = request["url"].as_str().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", "url is required"))?;
    let url = fill_text(url, results)?;
    let (path, query) = split_url(&url).ok_or_else(SfError::not_found)?;
    if matches!(path.first().map(String::as_str), Some("composite")) && path.len() == 1 {
        return Err(SfError::bad("INVALID_INPUT", "composite requests cannot be nested"));
    }
    let method = request["method"].as_str().unwrap_or_default().to_ascii_uppercase();
    let body = fill(&request["body"], results)?;
    let header = |name: &str| {
        let headers = request["httpHeaders"].as_object()?;
        headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name))?.1.as_str()
    };
    let conditions = Conditions::read(header);
    rest::handle(txn, &Call { method, path, query, body, batch: None, conditions }, context)
}

/// Puts earlier results in place of references, in any text of a body.
fn fill(value: &Value, results: &HashMap<String, Value>) -> Result<Value, SfError> {
    Ok(match value {
        Value::String(text) => {
            // A reference that is the whole text takes the value with its type.
            if let Some(inner) = text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}'))
                && !inner.contains("@{")
            {
                look_up(inner, results)?
            } else {
                Value::String(fill_text(text, results)?)
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, results)).collect::<Result<_, _>>()?),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| Ok((name.clone(), fill(value, results)?)))
                .collect::<Result<_, SfError>>()?,
        ),
        other => other.clone(),
    })
}

fn fill_text(text: &str, results: &HashMap<String, Value>) -> Result<String, SfError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let (reference, after) = after
            .split_once('}')
            .ok_or_else(|| SfError::bad("PROCESSING_HALTED", "Invalid reference specified: missing '}'"))?;
        filled.push_str(before);
        match look_up(reference, results)? {
            Value::String(text) => filled.push_str(&text),
            other => filled.push_str(&other.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `order.id`, `found.records[0].Id`: case-sensitive.
fn look_up(reference: &str, results: &HashMap<String, Value>) -> Result<Value, SfError> {
    let invalid = || {
        SfError::bad(
            "PROCESSING_HALTED",
            format!(
                "Invalid reference specified. No value for {reference} found in {}",
                reference.split('.').next().unwrap_or_default()
            ),
        )
    };
    let mut steps = reference.split(['.', '[']);
    let mut value = results.get(steps.next().ok_or_else(invalid)?).ok_or_else(invalid)?;
    for step in steps {
        value = match step.strip_suffix(']') {
            Some(index) => value.get(index.parse::<usize>().map_err(|_| invalid())?),
            None => value.get(step),
        }
        .ok_or_else(invalid)?;
    }
    if value.is_object() || value.is_array() { Err(invalid()) } else { Ok(value.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_filled_in_anywhere() {
        let results = HashMap::from([
            ("order".to_owned(), json!({ "id": "801X" })),
            ("found".to_owned(), json!({ "totalSize": 2, "records": [{ "Id": "001A" }, { "Id": "001B" }] })),
        ]);
        let body =
            json!({ "OrderId": "@{order.id}", "Note": "for @{found.records[1].Id}!", "N": "@{found.totalSize}" });
        assert_eq!(fill(&body, &results).unwrap(), json!({ "OrderId": "801X", "Note": "for 001B!", "N": 2 }));
        assert_eq!(fill(&json!("@{order.Id}"), &results).unwrap_err().code, "PROCESSING_HALTED");
        assert_eq!(fill(&json!("@{nobody.id}"), &results).unwrap_err().code, "PROCESSING_HALTED");
        assert_eq!(fill_text("x@{order.id", &results).unwrap_err().code, "PROCESSING_HALTED");
    }
}
