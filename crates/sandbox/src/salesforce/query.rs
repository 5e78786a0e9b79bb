//! `/query`: a query's pages.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::json;

use super::error::SfError;
use super::soql::eval;
use super::soql::node::Node;
use super::soql::{parser, search};
use crate::World;
use crate::clock::Date;
use crate::world::store::Store;

/// Results that are being paged through. Bounded: the oldest is forgotten and its locator becomes invalid, which
/// clients must expect anyway (locators live two days).
#[derive(Default)]
pub(crate) struct Cursors {
    next: u64,
    open: VecDeque<(String, Arc<Vec<Node>>)>,
}

const OPEN_CURSORS: usize = 50;

impl Cursors {
    fn keep(&mut self, records: Arc<Vec<Node>>) -> String {
        self.next += 1;
        let locator = format!("0r8xx{:013}", self.next);
        if self.open.len() == OPEN_CURSORS {
            self.open.pop_front();
        }
        self.open.push_back((locator.clone(), records));
        locator
    }

    fn find(&self, locator: &str) -> Option<Arc<Vec<Node>>> {
        self.open.iter().find(|(known, _)| known == locator).map(|(_, records)| Arc::clone(records))
    }
}

/// Answers `q`; `batch` is the page size asked for by `Sforce-Query-Options`, a hint between 200 and 2000.
pub(crate) fn first_page(
    world: &World,
    store: &Store,
    q: &str,
    version: &str,
    all: bool,
    batch: Option<usize>,
) -> Result<Node, SfError> {
    let query = parser::parse(q, today(store))?;
    let found = eval::run(store, &query, version, all)?;
    // Groups have no further pages: more than 2,000 of them are an error there.
    let size = if query.is_grouped() { 2_000 } else { page_size(world, batch) };
    if found.records.len() <= size {
        return Ok(page(found.total, found.records, None));
    }
    let records = Arc::new(found.records);
    let locator = world.with_cursors(|cursors| cursors.keep(Arc::clone(&records)));
    Ok(slice(&records, 0, size, &locator, version))
}

/// Answers a search.
pub(crate) fn search(store: &Store, q: &str, version: &str) -> Result<Node, SfError> {
    search::run(store, q, version, today(store))
}

/// The day it is for the user, who is in Japan.
fn today(store: &Store) -> i64 {
    Date::japan(store.now_ms()).days()
}

/// Answers a query of the Tooling API: always one page, with three members more.
pub(crate) fn tooling(store: &Store, q: &str, version: &str) -> Result<Node, SfError> {
    let query = parser::parse(q, today(store))?;
    let found = eval::run_tooling(store, &query, version)?;
    let value = |value: serde_json::Value| Node::Value(value);
    Ok(Node::Object(vec![
        ("size".to_owned(), value(json!(found.records.len()))),
        ("totalSize".to_owned(), value(json!(found.total))),
        ("done".to_owned(), value(json!(true))),
        ("queryLocator".to_owned(), value(json!(null))),
        ("entityTypeName".to_owned(), value(json!(query.from))),
        ("records".to_owned(), Node::Array(found.records)),
    ]))
}

/// The page which a locator with its offset (`0r8…-2000`) points at.
pub(crate) fn next_page(world: &World, locator: &str, version: &str, batch: Option<usize>) -> Result<Node, SfError> {
    let invalid = || SfError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (name, offset) = locator.rsplit_once('-').ok_or_else(invalid)?;
    let offset: usize = offset.parse().map_err(|_| invalid())?;
    let records = world.with_cursors(|cursors| cursors.find(name)).ok_or_else(invalid)?;
    if offset >= records.len() {
        return Err(invalid());
    }
    Ok(slice(&records, offset, page_size(world, batch), name, version))
}

fn page_size(world: &World, batch: Option<usize>) -> usize {
    batch.map_or(world.page_size(), |batch| batch.clamp(200, 2_000)).min(world.page_size())
}

fn slice(records: &[Node], from: usize, size: usize, locator: &str, version: &str) -> Node {
    let to = records.len().min(from + size);
    let next = (to < records.len()).then(|| format!("/services/data/{version}/query/{locator}-{to}"));
    page(records.len(), records[from..to].to_vec(), next)
}

fn page(total: usize, records: Vec<Node>, next: Option<String>) -> Node {
    let mut members = vec![
        ("totalSize".to_owned(), Node::Value(json!(total))),
        ("done".to_owned(), Node::Value(json!(next.is_none()))),
    ];
    if let Some(next) = next {
        members.push(("nextRecordsUrl".to_owned(), Node::Value(json!(next))));
    }
    members.push(("records".to_owned(), Node::Array(records)));
    Node::Object(members)
}
