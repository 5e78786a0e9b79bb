//! Grouped queries: functions over groups of records, HAVING, and answers of the type `AggregateResult`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::error::SfError;
use super::super::records::Record;
use super::super::schema::{Kind, Object};
use super::ast::{Condition, Function, Literal, Measure, Operator, Path, Query, Select};
use super::eval::{filtered, sort};
use super::filter::compare;
use super::node::Node;
use super::plan::Plan;
use crate::world::store::Store;

/// Rows of an answer that cannot be paged.
const MOST_ROWS: usize = 2_000;

fn malformed(message: impl Into<String>) -> SfError {
    SfError::bad("MALFORMED_QUERY", message)
}

/// A measure with its path resolved.
struct Gauge {
    plan: Plan,
    /// `None`: the field by which the groups were made.
    function: Option<Function>,
}

impl Gauge {
    fn build(object: &'static Object, query: &Query, measure: &Measure, verb: &str) -> Result<Self, SfError> {
        match measure {
            Measure::Field(path) => {
                let same = |group: &Path| group.join(".").eq_ignore_ascii_case(&path.join("."));
                if !query.group.iter().any(same) {
                    return Err(malformed(format!("{verb} must be grouped or aggregated: {}", path.join("."))));
                }
                Ok(Self { plan: Plan::resolve(object, path)?, function: None })
            }
            Measure::Aggregate(function, path) => {
                let plan = Plan::resolve(object, path)?;
                check_function(*function, &plan)?;
                Ok(Self { plan, function: Some(*function) })
            }
        }
    }

    /// The kind of what it gives.
    fn kind(&self) -> Kind {
        match self.function {
            None | Some(Function::Min | Function::Max) => self.plan.field.kind,
            Some(Function::Count | Function::CountDistinct) => Kind::Int,
            Some(Function::Sum | Function::Avg) => Kind::Double,
        }
    }

    fn value(&self, store: &Store, rows: &[&Record]) -> Value {
        let mut values = rows.iter().map(|row| self.plan.value(store, row)).filter(|value| !value.is_null());
        let Some(function) = self.function else { return values.next().unwrap_or_default() };
        let numbers = |values: &mut dyn Iterator<Item = Value>| values.filter_map(|v| v.as_f64()).collect::<Vec<_>>();
        match function {
            Function::Count => json!(values.count()),
            Function::CountDistinct => {
                json!(values.map(|value| key(&value)).collect::<std::collections::BTreeSet<_>>().len())
            }
            Function::Min => values.min_by(|a, b| sort(a, b, false, false)).unwrap_or_default(),
            Function::Max => values.max_by(|a, b| sort(a, b, false, false)).unwrap_or_default(),
            Function::Sum | Function::Avg => {
                let numbers = numbers(&mut values);
                let sum: f64 = numbers.iter().sum();
                match (numbers.len(), function) {
                    (0, _) => Value::Null,
                    (count, Function::Avg) => json!(sum / count as f64),
                    _ => json!(sum),
                }
            }
        }
    }
}

fn check_function(function: Function, plan: &Plan) -> Result<(), SfError> {
    let kind = plan.field.kind;
    let fits = match function {
        Function::Count | Function::CountDistinct => !matches!(kind, Kind::LongText(_) | Kind::Base64),
        Function::Sum | Function::Avg => matches!(kind, Kind::Int | Kind::Double | Kind::Currency),
        Function::Min | Function::Max => {
            !matches!(kind, Kind::Boolean | Kind::LongText(_) | Kind::Base64 | Kind::MultiPicklist(_))
        }
    };
    if fits {
        return Ok(());
    }
    let name = format!("{function:?}").to_uppercase();
    Err(SfError::bad("INVALID_FIELD", format!("field {} does not support aggregate operator {name}", plan.field.name)))
}

fn check_groupable(plan: &Plan) -> Result<(), SfError> {
    match plan.field.kind {
        Kind::LongText(_) | Kind::Double | Kind::Currency | Kind::DateTime | Kind::Base64 | Kind::MultiPicklist(_) => {
            let message = format!("field '{}' can not be grouped in a query call", plan.field.name);
            Err(SfError::bad("INVALID_FIELD", message))
        }
        _ => Ok(()),
    }
}

/// What makes values belong to the same group: text without regard to case.
fn key(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}", text.to_lowercase()),
        other => other.to_string(),
    }
}

/// Answers a grouped query, a row for each group.
pub(super) fn run(store: &Store, object: &'static Object, query: &Query, all: bool) -> Result<Vec<Node>, SfError> {
    if query.group.is_empty() && query.limit.is_some() {
        return Err(malformed("Non-grouped query that uses overall aggregate functions cannot also use LIMIT"));
    }
    let columns = columns(object, query)?;
    let keys = query
        .group
        .iter()
        .map(|path| {
            let plan = Plan::resolve(object, path)?;
            check_groupable(&plan)?;
            Ok(plan)
        })
        .collect::<Result<Vec<_>, SfError>>()?;
    let order = query
        .order
        .iter()
        .map(|order| Ok((Gauge::build(object, query, &order.by, "Ordered field")?, order)))
        .collect::<Result<Vec<_>, SfError>>()?;
    let having = query.having.as_ref().map(|having| Having::build(object, query, having)).transpose()?;

    let mut groups: BTreeMap<Vec<String>, Vec<&Record>> = BTreeMap::new();
    if query.group.is_empty() {
        // One row, also when nothing matches.
        groups.insert(Vec::new(), Vec::new());
    }
    for record in filtered(store, object, query, all)? {
        groups.entry(keys.iter().map(|plan| key(&plan.value(store, record))).collect()).or_default().push(record);
    }
    let mut groups: Vec<Vec<&Record>> =
        groups.into_values().filter(|rows| having.as_ref().is_none_or(|having| having.holds(store, rows))).collect();
    groups.sort_by(|a, b| {
        order.iter().fold(Ordering::Equal, |so_far, (gauge, by)| {
            so_far.then_with(|| sort(&gauge.value(store, a), &gauge.value(store, b), by.descending, by.nulls_last))
        })
    });
    let groups = groups.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX));
    let shown: Vec<Node> = groups
        .map(|rows| {
            let kind = Node::Object(vec![("type".to_owned(), Node::Value(json!("AggregateResult")))]);
            let mut members = vec![("attributes".to_owned(), kind)];
            members.extend(columns.iter().map(|(name, gauge)| (name.clone(), Node::Value(gauge.value(store, &rows)))));
            Node::Object(members)
        })
        .collect();
    if shown.len() > MOST_ROWS {
        let message =
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(SfError::bad("EXCEEDED_ID_LIMIT", message));
    }
    Ok(shown)
}

/// What is shown, under its alias, its own name, or `expr0`, `expr1` …
fn columns(object: &'static Object, query: &Query) -> Result<Vec<(String, Gauge)>, SfError> {
    let mut columns: Vec<(String, Gauge)> = Vec::new();
    let mut unnamed = 0;
    for item in &query.select {
        let (measure, alias) = match item {
            Select::Field(path) => (Measure::Field(path.clone()), None),
            Select::Measure(measure, alias) => (measure.clone(), alias.clone()),
            Select::Child(_) => return Err(malformed("child queries are not allowed in aggregate queries")),
            Select::Fields(_) => return Err(malformed("The SOQL FIELDS function is not allowed with GROUP BY")),
        };
        let gauge = Gauge::build(object, query, &measure, "Field")?;
        let name = match (alias, &measure) {
            (Some(alias), _) => alias,
            (None, Measure::Field(_)) => gauge.plan.field.name.to_owned(),
            (None, Measure::Aggregate(..)) => {
                unnamed += 1;
                format!("expr{}", unnamed - 1)
            }
        };
        if columns.iter().any(|(known, _)| *known == name) {
            return Err(malformed(format!("duplicate alias: {name}")));
        }
        columns.push((name, gauge));
    }
    Ok(columns)
}

enum Having {
    And(Vec<Having>),
    Or(Vec<Having>),
    Not(Box<Having>),
    Compare(Gauge, Operator, Literal),
    In(Gauge, bool, Vec<Literal>),
}

impl Having {
    fn build(object: &'static Object, query: &Query, condition: &Condition<Measure>) -> Result<Self, SfError> {
        let many = |parts: &[Condition<Measure>]| {
            parts.iter().map(|part| Self::build(object, query, part)).collect::<Result<Vec<_>, _>>()
        };
        let gauge = |measure: &Measure| Gauge::build(object, query, measure, "Field");
        Ok(match condition {
            Condition::And(parts) => Self::And(many(parts)?),
            Condition::Or(parts) => Self::Or(many(parts)?),
            Condition::Not(part) => Self::Not(Box::new(Self::build(object, query, part)?)),
            Condition::Compare(of, operator, literal) => {
                let gauge = gauge(of)?;
                check_literal(&gauge, literal)?;
                Self::Compare(gauge, *operator, literal.clone())
            }
            Condition::In { of, negated, values } => {
                let gauge = gauge(of)?;
                values.iter().try_for_each(|value| check_literal(&gauge, value))?;
                Self::In(gauge, *negated, values.clone())
            }
            Condition::InQuery { .. } | Condition::Includes { .. } => {
                return Err(malformed("this operator is not allowed in a having clause"));
            }
        })
    }

    fn holds(&self, store: &Store, rows: &[&Record]) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(store, rows)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(store, rows)),
            Self::Not(part) => !part.holds(store, rows),
            Self::Compare(gauge, operator, literal) => {
                compare(gauge.kind(), &gauge.value(store, rows), *operator, literal)
            }
            Self::In(gauge, negated, values) => {
                let found = gauge.value(store, rows);
                values.iter().any(|value| compare(gauge.kind(), &found, Operator::Equal, value)) != *negated
            }
        }
    }
}

/// Numbers are compared with numbers.
fn check_literal(gauge: &Gauge, literal: &Literal) -> Result<(), SfError> {
    let number = matches!(gauge.kind(), Kind::Int | Kind::Double | Kind::Currency);
    if *literal == Literal::Null || number == matches!(literal, Literal::Number(_)) {
        return Ok(());
    }
    let message = format!("value of filter criterion for field '{}' must be of another type", gauge.plan.field.name);
    Err(SfError::bad("INVALID_FIELD", message))
}
