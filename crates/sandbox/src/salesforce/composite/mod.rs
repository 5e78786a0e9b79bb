//! Many requests in one call. `/composite`: up to 25 in a row, with references, optionally all or none; the others are
//! in `batch` and `graph`.

mod batch;
mod graph;
mod references;
mod sequence;

use serde_json::Value;

use super::error::SfError;
use super::rest::{Answer, Call, Context};
use crate::world::store::Txn;

pub(crate) use batch::run as batch;
pub(crate) use graph::run as graph;
pub(crate) use sequence::split_url;

/// Requests of one `/composite` or `/composite/batch`.
const MOST: usize = 25;

/// Runs the requests; the answer is 200 whenever the envelope was readable.
pub(crate) fn run(txn: &mut Txn<'_>, body: &Value, context: &Context<'_>) -> Result<Answer, SfError> {
    let requests = list(body, "compositeRequest")?;
    check_envelope(requests)?;
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    Ok(Answer::node(sequence::run(txn, requests, all_or_none, context, not_nested).show()))
}

/// Operations inside a body that holds requests, as far as it can be read: faults may wait for them.
pub(super) fn inner_operations(path: &[&str], body: &Value) -> Vec<String> {
    let requests = |holder: &Value, name: &str| holder[name].as_array().cloned().unwrap_or_default();
    let (requests, relative) = match path {
        ["composite"] => (requests(body, "compositeRequest"), false),
        ["composite", "batch"] => (requests(body, "batchRequests"), true),
        ["composite", "graph"] => {
            (requests(body, "graphs").iter().flat_map(|graph| requests(graph, "compositeRequest")).collect(), false)
        }
        _ => (Vec::new(), false),
    };
    let names = requests.iter().flat_map(|request| {
        let (Some(method), Some(url)) = (request["method"].as_str(), request["url"].as_str()) else {
            return Vec::new();
        };
        let path = if relative { Some(sequence::versioned(url).1) } else { split_url(url).map(|(path, _)| path) };
        // Nothing nests, so an inner request has no inner ones of its own.
        path.map(|path| super::rest::operations(&method.to_ascii_uppercase(), &path, &Value::Null)).unwrap_or_default()
    });
    names.collect()
}

fn list<'a>(holder: &'a Value, name: &str) -> Result<&'a Vec<Value>, SfError> {
    holder[name].as_array().ok_or_else(|| SfError::bad("JSON_PARSER_ERROR", format!("{name} is required")))
}

fn check_number(requests: &[Value]) -> Result<(), SfError> {
    if requests.is_empty() || requests.len() > MOST {
        let message = format!("The number of subrequests must be between 1 and {MOST}");
        return Err(SfError::bad("PROCESSING_HALTED", message));
    }
    Ok(())
}

fn not_nested(call: &Call) -> Result<(), SfError> {
    if sequence::is_envelope(&call.path) {
        return Err(SfError::bad("INVALID_INPUT", "composite requests cannot be nested"));
    }
    Ok(())
}

fn check_envelope(requests: &[Value]) -> Result<(), SfError> {
    check_number(requests)?;
    sequence::check_references(requests)?;
    let heavy = requests.iter().filter(|request| {
        let url = request["url"].as_str().unwrap_or_default();
        ["/query", "/composite/sobjects", "/composite/tree"].iter().any(|part| url.contains(part))
    });
    if heavy.count() > 5 {
        return Err(SfError::bad("PROCESSING_HALTED", "At most 5 subrequests may be queries or collections"));
    }
    Ok(())
}
