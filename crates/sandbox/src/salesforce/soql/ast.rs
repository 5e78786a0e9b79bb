//! The shape of a parsed query.

/// `Account.Name` as its parts.
pub(crate) type Path = Vec<String>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Select {
    Field(Path),
    Child(Box<Query>),
    /// `FIELDS(ALL)`, `FIELDS(STANDARD)`, `FIELDS(CUSTOM)`.
    Fields(FieldSet),
    /// Only in grouped queries: a function, or a field that has another name in the answer.
    Measure(Measure, Option<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldSet {
    All,
    Standard,
    Custom,
}

/// What a group is measured by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measure {
    Field(Path),
    Aggregate(Function, Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub select: Vec<Select>,
    /// `SELECT COUNT()`.
    pub count: bool,
    /// An object, or in a child query the relationship.
    pub from: String,
    pub filter: Option<Condition>,
    pub group: Vec<Path>,
    pub having: Option<Condition<Measure>>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
    pub offset: usize,
}

impl Query {
    pub(crate) fn of(from: String) -> Self {
        Self {
            select: Vec::new(),
            count: false,
            from,
            filter: None,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
        }
    }

    /// Whether the answer has groups instead of records.
    pub(crate) fn is_grouped(&self) -> bool {
        let measured = |item: &Select| matches!(item, Select::Measure(Measure::Aggregate(..), _));
        !self.group.is_empty() || self.select.iter().any(measured)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub by: Measure,
    pub descending: bool,
    pub nulls_last: bool,
}

/// A condition on records (`T` is a path) or on groups.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition<T = Path> {
    And(Vec<Condition<T>>),
    Or(Vec<Condition<T>>),
    Not(Box<Condition<T>>),
    Compare(T, Operator, Literal),
    In {
        of: T,
        negated: bool,
        values: Vec<Literal>,
    },
    InQuery {
        of: T,
        negated: bool,
        query: Box<Query>,
    },
    /// `INCLUDES` and `EXCLUDES`: any of these, each of which may be several joined by `;`.
    Includes {
        of: T,
        negated: bool,
        values: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Like,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
    Boolean(bool),
    Null,
    /// Days since 1970-01-01.
    Date(i64),
    /// Milliseconds since the Unix epoch.
    DateTime(i64),
    /// A date literal such as `TODAY`: from the first day to before the second, as day numbers.
    Days(i64, i64),
}
