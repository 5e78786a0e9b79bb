//! Answering a query from the store.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::super::error::SfError;
use super::super::records::Record;
use super::super::schema::{self, Kind, Object};
use super::aggregate;
use super::ast::{Condition, Measure, Path, Query, Select};
use super::columns::Columns;
use super::filter::Filter;
use super::node::Node;
use super::plan::Plan;
use crate::world::store::Store;

/// A query answered: how many match, and the selected records.
pub(crate) struct Found {
    pub total: usize,
    pub records: Vec<Node>,
}

fn object_of(query: &Query) -> Result<&'static Object, SfError> {
    schema::find(&query.from).ok_or_else(|| unknown_object(query))
}

fn unknown_object(query: &Query) -> SfError {
    let message = format!(
        "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
        query.from
    );
    SfError::bad("INVALID_TYPE", message)
}

/// Whether rows can be put in order by a field.
pub(super) fn check_sortable(plan: &Plan) -> Result<(), SfError> {
    match plan.field.kind {
        Kind::LongText(_) | Kind::Base64 | Kind::MultiPicklist(_) => {
            let message = format!("field '{}' can not be sorted in a query call", plan.field.name);
            Err(SfError::bad("INVALID_FIELD", message))
        }
        _ => Ok(()),
    }
}

/// Records that the filter lets through, in the order of the store.
pub(super) fn filtered<'a>(
    store: &'a Store,
    object: &'static Object,
    query: &Query,
    all: bool,
) -> Result<Vec<&'a Record>, SfError> {
    let filter = query.filter.as_ref().map(|filter| Filter::build(store, object, filter, all)).transpose()?;
    let rows = store.rows(object.table).filter_map(|(_, row)| row.as_object());
    Ok(rows
        .filter(|record| all || record.get("IsDeleted") != Some(&json!(true)))
        .filter(|record| filter.as_ref().is_none_or(|filter| filter.holds(store, record)))
        .collect())
}

/// Links are found from one of their sides only.
fn names_a_side(filter: &Condition) -> bool {
    let side = |path: &Path| {
        path.last().is_some_and(|name| {
            ["ContentDocumentId", "LinkedEntityId"].iter().any(|side| name.eq_ignore_ascii_case(side))
        })
    };
    match filter {
        Condition::And(parts) => parts.iter().any(names_a_side),
        Condition::Compare(path, super::ast::Operator::Equal, _) => side(path),
        Condition::In { of, negated: false, .. } | Condition::InQuery { of, negated: false, .. } => side(of),
        Condition::Compare(..)
        | Condition::In { .. }
        | Condition::InQuery { .. }
        | Condition::Includes { .. }
        | Condition::Or(_)
        | Condition::Not(_) => false,
    }
}

pub(super) fn ordered<'a>(
    store: &Store,
    object: &'static Object,
    query: &Query,
    mut found: Vec<&'a Record>,
) -> Result<Vec<&'a Record>, SfError> {
    let order = query
        .order
        .iter()
        .map(|order| match &order.by {
            Measure::Field(path) => {
                let plan = Plan::resolve(object, path)?;
                check_sortable(&plan)?;
                Ok((plan, order))
            }
            Measure::Aggregate(..) => {
                Err(SfError::bad("MALFORMED_QUERY", "Ordering by a function requires a group by clause"))
            }
        })
        .collect::<Result<Vec<_>, SfError>>()?;
    if !order.is_empty() {
        found.sort_by(|a, b| {
            order.iter().fold(Ordering::Equal, |so_far, (plan, by)| {
                so_far.then_with(|| sort(&plan.value(store, a), &plan.value(store, b), by.descending, by.nulls_last))
            })
        });
    }
    Ok(found)
}

pub(super) fn matching<'a>(
    store: &'a Store,
    object: &'static Object,
    query: &Query,
    all: bool,
) -> Result<Vec<&'a Record>, SfError> {
    let found = ordered(store, object, query, filtered(store, object, query, all)?)?;
    Ok(found.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect())
}

pub(super) fn sort(a: &Value, b: &Value, descending: bool, nulls_last: bool) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return if nulls_last { Ordering::Greater } else { Ordering::Less },
        (false, true) => return if nulls_last { Ordering::Less } else { Ordering::Greater },
        (false, false) => {}
    }
    let ordering = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => Ordering::Equal,
    };
    if descending { ordering.reverse() } else { ordering }
}

/// The single selected column of a subquery in a filter.
pub(crate) fn rows_of(store: &Store, query: &Query, all: bool) -> Result<Vec<Value>, SfError> {
    let object = object_of(query)?;
    let [Select::Field(path)] = query.select.as_slice() else {
        return Err(SfError::bad("MALFORMED_QUERY", "semi join sub-selects can only query one field"));
    };
    let plan = Plan::resolve(object, path)?;
    Ok(matching(store, object, query, all)?.into_iter().map(|record| plan.value(store, record)).collect())
}

/// Answers a query; `version` is for the record addresses (`v67.0`), `all` includes deleted records.
pub(crate) fn run(store: &Store, query: &Query, version: &str, all: bool) -> Result<Found, SfError> {
    run_on(store, object_of(query)?, query, version, all)
}

/// The same over the objects of the Tooling API.
pub(crate) fn run_tooling(store: &Store, query: &Query, version: &str) -> Result<Found, SfError> {
    let object = schema::find_tooling(&query.from).ok_or_else(|| unknown_object(query))?;
    run_on(store, object, query, version, false)
}

fn run_on(store: &Store, object: &'static Object, query: &Query, version: &str, all: bool) -> Result<Found, SfError> {
    // A subquery of children is bound to its parent already.
    if object.name == "ContentDocumentLink" && !query.filter.as_ref().is_some_and(names_a_side) {
        let message = "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.";
        return Err(SfError::bad("MALFORMED_QUERY", message));
    }
    if query.is_grouped() {
        let records = aggregate::run(store, object, query, all)?;
        return Ok(Found { total: records.len(), records });
    }
    let columns = Columns::build(object, &query.select, query.limit)?;
    let found = matching(store, object, query, all)?;
    if query.count {
        return Ok(Found { total: found.len(), records: Vec::new() });
    }
    let records = found
        .into_iter()
        .map(|record| columns.show(store, object, record, version, all))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Found { total: records.len(), records })
}
