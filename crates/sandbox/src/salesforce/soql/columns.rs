//! The selected columns of records.

use serde_json::{Value, json};

use super::super::error::SfError;
use super::super::records::{self, Record};
use super::super::schema::{Field, Kind, Object};
use super::ast::{FieldSet, Query, Select};
use super::eval::matching;
use super::node::Node;
use super::plan::Plan;
use crate::world::store::Store;

enum Column {
    Field(&'static Field),
    Parent { relation: &'static str, field: &'static str, object: &'static Object, columns: Columns },
    Child { relation: &'static str, object: &'static Object, field: &'static str, query: Box<Query> },
}

pub(super) struct Columns(Vec<Column>);

impl Columns {
    pub(super) fn build(object: &'static Object, select: &[Select], limit: Option<usize>) -> Result<Self, SfError> {
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
                Select::Measure(..) => {
                    return Err(SfError::bad("MALFORMED_QUERY", "only aggregate expressions use field aliasing"));
                }
                Select::Child(query) if query.is_grouped() || query.count => {
                    let message = "aggregate functions are not allowed in child queries";
                    return Err(SfError::bad("MALFORMED_QUERY", message));
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
                    columns.0.push(Column::Child { relation, object: child, field, query: query.clone() });
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

    pub(super) fn show(
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
