//! WHERE: conditions on records.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::error::SfError;
use super::super::schema::{Kind, Object};
use super::super::{ids, records};
use super::ast::{Condition, Literal, Operator, Path};
use super::eval::rows_of;
use super::plan::Plan;
use crate::clock::{Date, parse_datetime};
use crate::world::store::Store;

/// A condition with its paths resolved.
pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Compare(Plan, Operator, Literal),
    In(Plan, bool, Vec<Literal>),
    Includes(Plan, bool, Vec<Vec<String>>),
}

impl Filter {
    /// Resolves names and checks that operators and values fit the fields.
    pub(crate) fn build(
        store: &Store,
        object: &'static Object,
        condition: &Condition,
        all: bool,
    ) -> Result<Self, SfError> {
        let many = |parts: &[Condition]| {
            parts.iter().map(|part| Self::build(store, object, part, all)).collect::<Result<Vec<_>, _>>()
        };
        let no_join = |part: &Condition| match part {
            Condition::InQuery { .. } => Err(SfError::bad(
                "MALFORMED_QUERY",
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.",
            )),
            _ => Ok(()),
        };
        Ok(match condition {
            Condition::And(parts) => Self::And(many(parts)?),
            Condition::Or(parts) => {
                parts.iter().try_for_each(no_join)?;
                Self::Or(many(parts)?)
            }
            Condition::Not(part) => Self::Not(Box::new(Self::build(store, object, part, all)?)),
            Condition::Compare(path, operator, literal) => {
                let plan = Plan::resolve(object, path)?;
                check(&plan, path, *operator, literal)?;
                Self::Compare(plan, *operator, literal.clone())
            }
            Condition::In { of, negated, values } => {
                let plan = Plan::resolve(object, of)?;
                for value in values {
                    check(&plan, of, Operator::Equal, value)?;
                }
                Self::In(plan, *negated, values.clone())
            }
            Condition::Includes { of, negated, values } => {
                let plan = Plan::resolve(object, of)?;
                if !matches!(plan.field.kind, Kind::MultiPicklist(_)) {
                    let message = "includes or excludes operator only valid on multipicklist field";
                    return Err(SfError::bad("INVALID_QUERY_FILTER_OPERATOR", message));
                }
                let values = values.iter().map(|text| parts(text).map(str::to_owned).collect());
                Self::Includes(plan, *negated, values.collect())
            }
            Condition::InQuery { of, negated, query } => {
                let plan = Plan::resolve(object, of)?;
                if !matches!(plan.field.kind, Kind::Id | Kind::Reference(..) | Kind::Linked(..)) {
                    let message = format!("The field '{}' in a semi join must be an id or a reference", of.join("."));
                    return Err(SfError::bad("MALFORMED_QUERY", message));
                }
                let values = rows_of(store, query, all)?;
                let values =
                    values.into_iter().filter_map(|value| value.as_str().map(|text| Literal::Text(text.to_owned())));
                Self::In(plan, *negated, values.collect())
            }
        })
    }

    pub(crate) fn holds(&self, store: &Store, record: &records::Record) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(store, record)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(store, record)),
            Self::Not(part) => !part.holds(store, record),
            Self::Compare(plan, operator, literal) => {
                compare(plan.field.kind, &plan.value(store, record), *operator, literal)
            }
            Self::In(plan, negated, values) => {
                let found = plan.value(store, record);
                values.iter().any(|value| compare(plan.field.kind, &found, Operator::Equal, value)) != *negated
            }
            Self::Includes(plan, negated, values) => {
                let found = plan.value(store, record);
                let chosen: Vec<&str> = parts(found.as_str().unwrap_or_default()).collect();
                let has = |wanted: &String| chosen.iter().any(|one| one.eq_ignore_ascii_case(wanted));
                values.iter().any(|together| together.iter().all(has)) != *negated
            }
        }
    }
}

/// The values of a multi-select list.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

fn check(plan: &Plan, path: &Path, operator: Operator, literal: &Literal) -> Result<(), SfError> {
    let name = path.join(".");
    let quoted = matches!(literal, Literal::Text(_));
    let wrong = |type_name: &str, quotes: &str| {
        Err(SfError::bad(
            "INVALID_FIELD",
            format!(
                "\nvalue of filter criterion for field '{name}' must be of type {type_name} and should {quotes}be enclosed in quotes"
            ),
        ))
    };
    if *literal == Literal::Null {
        return match operator {
            Operator::Equal | Operator::NotEqual => Ok(()),
            _ => Err(SfError::bad(
                "INVALID_QUERY_FILTER_OPERATOR",
                format!("invalid operator on null for field '{name}'"),
            )),
        };
    }
    match plan.field.kind {
        Kind::Boolean if !matches!(literal, Literal::Boolean(_)) => wrong("boolean", "not "),
        Kind::Int | Kind::Double | Kind::Currency if !matches!(literal, Literal::Number(_)) => wrong("double", "not "),
        Kind::Date if !matches!(literal, Literal::Date(_) | Literal::Days(..)) => wrong("date", "not "),
        Kind::DateTime if !matches!(literal, Literal::DateTime(_) | Literal::Days(..)) => wrong("dateTime", "not "),
        Kind::LongText(_) | Kind::Base64 => {
            Err(SfError::bad("INVALID_FIELD", format!("field '{name}' can not be filtered in a query call")))
        }
        Kind::Id | Kind::Reference(..) | Kind::Linked(..) => match literal {
            Literal::Text(id) if ids::normalize(id).is_some() || operator == Operator::Like => {
                if operator == Operator::Like {
                    return Err(SfError::bad(
                        "INVALID_QUERY_FILTER_OPERATOR",
                        format!("{name}: invalid operator on id field"),
                    ));
                }
                Ok(())
            }
            Literal::Text(id) => Err(SfError::bad("INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {id}"))),
            _ => wrong("string", ""),
        },
        Kind::Boolean | Kind::Int | Kind::Double | Kind::Currency | Kind::Date | Kind::DateTime
            if operator == Operator::Like =>
        {
            Err(SfError::bad("INVALID_QUERY_FILTER_OPERATOR", format!("{name}: invalid operator")))
        }
        Kind::Boolean | Kind::Int | Kind::Double | Kind::Currency | Kind::Date | Kind::DateTime => Ok(()),
        _ if !quoted => wrong("string", ""),
        _ => Ok(()),
    }
}

pub(super) fn compare(kind: Kind, found: &Value, operator: Operator, literal: &Literal) -> bool {
    let ordering = match (found, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Null, _) | (_, Literal::Null) => return operator == Operator::NotEqual,
        (Value::Bool(a), Literal::Boolean(b)) => Some(a.cmp(b)),
        (Value::Number(a), Literal::Number(b)) => a.as_f64().and_then(|a| a.partial_cmp(b)),
        (Value::String(a), Literal::Text(b)) => {
            if operator == Operator::Like {
                return like(&a.to_lowercase(), &b.to_lowercase());
            }
            if matches!(kind, Kind::Id | Kind::Reference(..) | Kind::Linked(..)) {
                Some(a.cmp(&ids::normalize(b).unwrap_or_default()))
            } else {
                Some(a.to_lowercase().cmp(&b.to_lowercase()))
            }
        }
        (Value::String(a), Literal::Date(day)) => Date::parse_iso(a).map(|a| a.days().cmp(day)),
        (Value::String(a), Literal::DateTime(moment)) => parse_datetime(a).map(|a| a.cmp(moment)),
        (Value::String(a), Literal::Days(from, to)) => {
            let day = Date::parse_iso(a).map(Date::days).or_else(|| parse_datetime(a).map(|ms| Date::japan(ms).days()));
            day.map(|day| {
                if day < *from {
                    Ordering::Less
                } else if day >= *to {
                    Ordering::Greater
                } else {
                    Ordering::Equal
                }
            })
        }
        _ => None,
    };
    let Some(ordering) = ordering else { return false };
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterEqual => ordering.is_ge(),
        Operator::Like => false,
    }
}

/// `%` stands for any text, `_` for one character, a backslash takes the meaning from either. Iterative with one
/// fallback point, so that a hostile pattern costs at most pattern × text.
fn like(text: &str, pattern: &str) -> bool {
    #[derive(PartialEq)]
    enum Part {
        Any,
        One,
        Exact(char),
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Exact(chars.next().unwrap_or('\\')),
            c => Part::Exact(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut t, mut p, mut fallback) = (0, 0, None);
    while t < text.len() {
        match parts.get(p) {
            Some(Part::Any) => {
                fallback = Some((p, t));
                p += 1;
            }
            Some(Part::One) => (t, p) = (t + 1, p + 1),
            Some(Part::Exact(c)) if *c == text[t] => (t, p) = (t + 1, p + 1),
            _ => match fallback {
                Some((any, from)) => {
                    fallback = Some((any, from + 1));
                    (t, p) = (from + 1, any + 1);
                }
                None => return false,
            },
        }
    }
    parts[p..].iter().all(|part| *part == Part::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns() {
        assert!(like("star mobile", "%mob%"));
        assert!(like("abc", "a_c"));
        assert!(!like("abcd", "a_c"));
        assert!(like("100%", "100\\%"));
        assert!(!like("1000", "100\\%"));
        assert!(like("", "%"));
        assert!(!like("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "%a%a%a%a%a%a%a%a%b"));
    }
}
