//! Names in a query to fields of objects.

use serde_json::Value;

use super::super::error::SfError;
use super::super::records::{self, Record};
use super::super::schema::{Field, Kind, Object};
use super::ast::Path;
use crate::world::store::Store;

/// A path resolved to reference fields and a final field.
pub(crate) struct Plan {
    pub(super) steps: Vec<(&'static str, &'static str, &'static Object)>,
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
