//! Answering a query from the store.

use std::cmp::Ordering;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Value, json};

use super::super::error::SfError;
use super::super::records::{self, Record};
use super::super::schema::{self, Field, Kind, Object};
use super::ast::{FieldSet, Path, Query, Select};
use super::filter::Filter;
use crate::world::store::Store;

/// JSON that keeps the order of its members: `attributes` first, then the fields as selected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Value(Value),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
        }
    }
}

/// A path resolved to reference fields and a final field.
pub(crate) struct Plan {
    steps: Vec<(&'static str, &'static str, &'static Object)>,
    pub field: &'static Field,
}

fn no_column(object: &Object, name: &str) -> SfError {
    let message = format!(
        "No such column '{name}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
        object.name
    );
    SfError::bad("INVALID_FIELD", message)
}

impl Plan {
    pub(crate) fn resolve(object: &'static Object, path: &Path) -> Result<Self, SfError> {
        let mut at = object;
        let (last, parents) = path.split_last().ok_or_else(|| no_column(object, ""))?;
        // A path may begin with the object's own name.
        let skip = usize::from(
            parents
                .first()
                .is_some_and(|first| first.eq_ignore_ascii_case(object.name) && object.relationship(first).is_none()),
        );
        let mut steps = Vec::new();
        for name in &parents[skip..] {
            let Some((field, target)) = at.relationship(name) else {
                let message = format!(
                    "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
                );
                return Err(SfError::bad("INVALID_FIELD", message));
            };
            let Kind::Reference(_, relation) = field.kind else { return Err(no_column(at, name)) };
            steps.push((relation, field.name, target));
            at = target;
        }
        let field = at.field(last).ok_or_else(|| no_column(at, last))?;
        Ok(Self { steps, field })
    }

    pub(crate) fn value(&self, store: &Store, record: &Record) -> Value {
        let mut parent: Option<Record> = None;
        for (_, field, target) in &self.steps {
            let id = records::text(parent.as_ref().unwrap_or(record), field);
            match id.and_then(|id| records::load(store, target, id)) {
                Some(found) => parent = Some(found),
                None => return Value::Null,
            }
        }
        parent.as_ref().unwrap_or(record).get(self.field.name).cloned().unwrap_or(Value::Null)
    }
}

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

fn matching<'a>(
    store: &'a Store,
    object: &'static Object,
    query: &Query,
    all: bool,
) -> Result<Vec<&'a Record>, SfError> {
    let filter = query.filter.as_ref().map(|filter| Filter::build(store, object, filter, all)).transpose()?;
    let order = query
        .order
        .iter()
        .map(|order| Ok((Plan::resolve(object, &order.path)?, order)))
        .collect::<Result<Vec<_>, SfError>>()?;
    let rows = store.rows(object.table).filter_map(|(_, row)| row.as_object());
    let mut found: Vec<&Record> = rows
        .filter(|record| all || record.get("IsDeleted") != Some(&json!(true)))
        .filter(|record| filter.as_ref().is_none_or(|filter| filter.holds(store, record)))
        .collect();
    if !order.is_empty() {
        found.sort_by(|a, b| {
            order.iter().fold(Ordering::Equal, |so_far, (plan, by)| {
                so_far.then_with(|| sort(&plan.value(store, a), &plan.value(store, b), by.descending, by.nulls_last))
            })
        });
    }
    Ok(found.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect())
}

fn sort(a: &Value, b: &Value, descending: bool, nulls_last: bool) -> Ordering {
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

enum Column {
    Field(&'static Field),
    Parent { relation: &'static str, field: &'static str, object: &'static Object, columns: Columns },
    Child { relation: &'static str, object: &'static Object, field: &'static str, query: Query },
}

struct Columns(Vec<Column>);

impl Columns {
    fn build(object: &'static Object, select: &[Select], limit: Option<usize>) -> Result<Self, SfError> {
        let mut columns = Self(Vec::new());
        for item in select {
            match item {
                Select::Field(path) => {
                    let plan = Plan::resolve(object, path)?;
                    columns.add(&plan.steps, plan.field)?;
                }
                Select::Fields(which) => {
                    if limit.is_none_or(|limit| limit > 200) {
                        return Err(SfError::bad(
                            "MALFORMED_QUERY",
                            "The SOQL FIELDS function must have a LIMIT of at most 200",
                        ));
                    }
                    let wanted = |field: &Field| match which {
                        FieldSet::All => true,
                        FieldSet::Standard => !field.name.ends_with("__c"),
                        FieldSet::Custom => field.name.ends_with("__c"),
                    };
                    columns.0.extend(object.all_fields().filter(|field| wanted(field)).map(Column::Field));
                }
                Select::Child(query) => {
                    let Some((relation, child, field)) = object.child(&query.from) else {
                        let message = format!(
                            "Didn't understand relationship '{}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.",
                            query.from
                        );
                        return Err(SfError::bad("INVALID_TYPE", message));
                    };
                    // Names are checked even when no parent row makes the child query run.
                    Self::build(child, &query.select, query.limit)?;
                    columns.0.push(Column::Child { relation, object: child, field, query: (**query).clone() });
                }
            }
        }
        Ok(columns)
    }

    fn add(
        &mut self,
        steps: &[(&'static str, &'static str, &'static Object)],
        field: &'static Field,
    ) -> Result<(), SfError> {
        let Some(((relation, reference, target), rest)) = steps.split_first() else {
            if self.0.iter().any(|column| matches!(column, Column::Field(known) if known.name == field.name)) {
                return Err(SfError::bad("MALFORMED_QUERY", format!("duplicate field selected: {}", field.name)));
            }
            self.0.push(Column::Field(field));
            return Ok(());
        };
        for column in &mut self.0 {
            if let Column::Parent { relation: known, columns, .. } = column
                && known == relation
            {
                return columns.add(rest, field);
            }
        }
        let mut columns = Self(Vec::new());
        columns.add(rest, field)?;
        self.0.push(Column::Parent { relation, field: reference, object: target, columns });
        Ok(())
    }

    fn show(
        &self,
        store: &Store,
        object: &'static Object,
        record: &Record,
        version: &str,
        all: bool,
    ) -> Result<Node, SfError> {
        let mut members = vec![("attributes".to_owned(), attributes(object, record, version))];
        for column in &self.0 {
            members.push(match column {
                Column::Field(field) => (field.name.to_owned(), Node::Value(shown(object, field, record, version))),
                Column::Parent { relation, field, object, columns } => {
                    let parent = records::text(record, field).and_then(|id| records::load(store, object, id));
                    let shown = match parent {
                        Some(parent) => columns.show(store, object, &parent, version, all)?,
                        None => Node::Value(Value::Null),
                    };
                    ((*relation).to_owned(), shown)
                }
                Column::Child { relation, object: child, field, query } => {
                    ((*relation).to_owned(), children(store, child, field, query, record, version, all)?)
                }
            });
        }
        Ok(Node::Object(members))
    }
}

fn children(
    store: &Store,
    child: &'static Object,
    field: &str,
    query: &Query,
    parent: &Record,
    version: &str,
    all: bool,
) -> Result<Node, SfError> {
    let columns = Columns::build(child, &query.select, query.limit)?;
    let everything = Query { limit: None, offset: 0, ..query.clone() };
    let of_parent =
        matching(store, child, &everything, all)?.into_iter().filter(|row| row.get(field) == parent.get("Id"));
    let rows: Vec<&Record> = of_parent.skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect();
    if rows.is_empty() {
        return Ok(Node::Value(Value::Null));
    }
    let shown = rows.iter().map(|row| columns.show(store, child, row, version, all)).collect::<Result<Vec<_>, _>>()?;
    Ok(Node::Object(vec![
        ("totalSize".to_owned(), Node::Value(json!(shown.len()))),
        ("done".to_owned(), Node::Value(json!(true))),
        ("records".to_owned(), Node::Array(shown)),
    ]))
}

/// What a field shows: bytes show as the address where they are downloaded.
pub(crate) fn shown(object: &Object, field: &Field, record: &Record, version: &str) -> Value {
    if field.kind == Kind::Base64 {
        let id = records::text(record, "Id").unwrap_or_default();
        return json!(format!("/services/data/{version}/sobjects/{}/{id}/{}", object.name, field.name));
    }
    record.get(field.name).cloned().unwrap_or(Value::Null)
}

/// The `attributes` member of a record.
pub(crate) fn attributes(object: &Object, record: &Record, version: &str) -> Node {
    let id = records::text(record, "Id").unwrap_or_default();
    Node::Object(vec![
        ("type".to_owned(), Node::Value(json!(object.name))),
        ("url".to_owned(), Node::Value(json!(format!("/services/data/{version}/sobjects/{}/{id}", object.name)))),
    ])
}
