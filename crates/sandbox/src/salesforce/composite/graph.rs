//! `/composite/graph`: rows of requests on records, each row saved as a whole or not at all, whatever becomes of the
//! others.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{list, sequence};
use crate::salesforce::error::SfError;
use crate::salesforce::rest::{Answer, Call, Context};
use crate::salesforce::soql::node::Node;
use crate::world::store::Txn;

/// Requests of all graphs together.
const MOST_NODES: usize = 500;

/// Runs the graphs; the answer is 200 whenever the envelope was readable.
pub(crate) fn run(txn: &mut Txn<'_>, body: &Value, context: &Context<'_>) -> Result<Answer, SfError> {
    let graphs = list(body, "graphs")?;
    let mut ids = HashSet::new();
    let mut nodes = 0;
    for graph in graphs {
        let id = id_of(graph);
        if id.is_empty() || !ids.insert(id) {
            return Err(SfError::bad("JSON_PARSER_ERROR", format!("Provided graphId '{id}' is invalid or not unique")));
        }
        let requests = list(graph, "compositeRequest")?;
        sequence::check_references(requests)?;
        if requests.is_empty() {
            return Err(SfError::bad("JSON_PARSER_ERROR", format!("The graph '{id}' has no nodes")));
        }
        nodes += requests.len();
    }
    // Code and words are an assumption; the number is documented.
    if nodes == 0 || nodes > MOST_NODES {
        let message = format!("The number of nodes of all graphs must be between 1 and {MOST_NODES}");
        return Err(SfError::bad("LIMIT_EXCEEDED", message));
    }
    let mut shown = Vec::new();
    for graph in graphs {
        let outcome = sequence::run(txn, list(graph, "compositeRequest")?, true, context, on_records);
        shown.push(Node::Object(vec![
            ("graphId".to_owned(), Node::Value(json!(id_of(graph)))),
            ("isSuccessful".to_owned(), Node::Value(json!(outcome.kept))),
            ("graphResponse".to_owned(), outcome.show()),
        ]));
    }
    Ok(Answer::node(Node::Object(vec![("graphs".to_owned(), Node::Array(shown))])))
}

fn id_of(graph: &Value) -> &str {
    graph["graphId"].as_str().unwrap_or_default()
}

/// A node is a record: creating one, or anything with one, by its id or an external id.
fn on_records(call: &Call) -> Result<(), SfError> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        (_, ["sobjects", _, "describe"]) => Err(not_a_node()),
        ("POST", ["sobjects", _]) | ("GET" | "PATCH" | "DELETE", ["sobjects", _, _] | ["sobjects", _, _, _]) => Ok(()),
        _ => Err(not_a_node()),
    }
}

fn not_a_node() -> SfError {
    SfError::bad("INVALID_INPUT", "A node of a graph must be a request on a record")
}
