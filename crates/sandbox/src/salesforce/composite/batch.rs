//! `/composite/batch`: up to 25 requests that know nothing of each other. What one saved stays saved when a later one
//! fails.

use serde_json::{Value, json};

use super::{check_number, list, not_nested};
use crate::salesforce::conditional::Conditions;
use crate::salesforce::describe;
use crate::salesforce::error::SfError;
use crate::salesforce::rest::{self, Answer, Call, Context};
use crate::salesforce::soql::node::Node;
use crate::world::store::Txn;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

struct Request<'a> {
    version: &'a str,
    call: Call,
}

/// Runs the requests; with `haltOnError` none after the first failure.
///
/// # Errors
/// 400 without any effect when the envelope, or method or address of one request, cannot be read.
pub(crate) fn run(txn: &mut Txn<'_>, body: &Value, context: &Context<'_>) -> Result<Answer, SfError> {
    let requests = list(body, "batchRequests")?;
    check_number(requests)?;
    let requests: Vec<Request<'_>> = requests.iter().map(read).collect::<Result<_, _>>()?;
    let halt = body["haltOnError"].as_bool().unwrap_or(false);
    let mut failed = false;
    let mut results = Vec::new();
    for request in requests {
        let answer = if failed && halt {
            Err(SfError::new(412, "BATCH_PROCESSING_HALTED", "Batch processing halted per request."))
        } else {
            one(txn, &request, context)
        };
        let (status, result) = match answer {
            Ok(answer) => (answer.status, answer.body.unwrap_or(Node::Value(Value::Null))),
            Err(error) => (error.status, Node::Value(error.body())),
        };
        // A resource may answer a failure itself, as the tree does.
        failed |= status >= 400;
        results.push(Node::Object(vec![
            ("statusCode".to_owned(), Node::Value(json!(status))),
            ("result".to_owned(), result),
        ]));
    }
    Ok(Answer::node(Node::Object(vec![
        ("hasErrors".to_owned(), Node::Value(json!(failed))),
        ("results".to_owned(), Node::Array(results)),
    ])))
}

fn read(request: &Value) -> Result<Request<'_>, SfError> {
    let method = request["method"].as_str().unwrap_or_default().to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        return Err(SfError::bad("JSON_PARSER_ERROR", "Each batch request needs a method"));
    }
    // Addresses begin with the version: no host and no `/services/data`.
    let url = request["url"].as_str().unwrap_or_default();
    let (version, path, query) = super::sequence::versioned(url.strip_prefix('/').unwrap_or(url));
    if !version.starts_with('v') {
        return Err(SfError::bad("JSON_PARSER_ERROR", format!("The url '{url}' does not begin with an API version")));
    }
    let body = request["richInput"].clone();
    Ok(Request { version, call: Call { method, path, query, body, batch: None, conditions: Conditions::default() } })
}

fn one(txn: &mut Txn<'_>, request: &Request<'_>, context: &Context<'_>) -> Result<Answer, SfError> {
    let number = request.version.trim_start_matches('v').strip_suffix(".0").and_then(|number| number.parse().ok());
    if !number.is_some_and(|number: u32| describe::VERSIONS.contains(&number)) {
        return Err(SfError::not_found());
    }
    not_nested(&request.call)?;
    let savepoint = txn.savepoint();
    let own = Context { world: context.world, version: request.version, writer: context.writer };
    let answer = rest::handle(txn, &request.call, &own);
    if answer.is_err() {
        txn.roll_back_to(savepoint);
    }
    answer
}
