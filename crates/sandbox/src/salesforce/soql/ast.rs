//! The shape of a parsed query.

/// `Account.Name` as its parts.
pub(crate) type Path = Vec<String>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Select {
    Field(Path),
    Child(Box<Query>),
    /// `FIELDS(ALL)`, `FIELDS(STANDARD)`, `FIELDS(CUSTOM)`.
    Fields(FieldSet),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldSet {
    All,
    Standard,
    Custom,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub select: Vec<Select>,
    /// `SELECT COUNT()`.
    pub count: bool,
    /// An object, or in a child query the relationship.
    pub from: String,
    pub filter: Option<Condition>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
    pub offset: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub path: Path,
    pub descending: bool,
    pub nulls_last: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Path, Operator, Literal),
    In { path: Path, negated: bool, values: Vec<Literal> },
    InQuery { path: Path, negated: bool, query: Box<Query> },
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
