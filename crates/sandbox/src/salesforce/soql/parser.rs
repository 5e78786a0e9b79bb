//! Words to a query.

use super::super::error::SfError;
use super::ast::{FieldSet, Function, Measure, Order, Path, Query, Select};
use super::lexer::{Token, malformed, tokens};

/// Reads a query; `today` (day number where the user is) resolves date literals.
///
/// # Errors
/// `MALFORMED_QUERY`.
pub(crate) fn parse(text: &str, today: i64) -> Result<Query, SfError> {
    if text.chars().count() > 100_000 {
        return Err(malformed("SOQL statements cannot be longer than 100000 characters."));
    }
    let mut parser = Parser::new(tokens(text)?, today);
    let query = parser.query()?;
    parser.end()?;
    Ok(query)
}

pub(super) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    pub(super) today: i64,
    pub(super) depth: usize,
}

pub(super) fn unexpected(token: Option<&Token>) -> SfError {
    match token {
        Some(Token::Word(word)) => malformed(format!("unexpected token: '{word}'")),
        Some(Token::Text(text)) => malformed(format!("unexpected token: '{text}'")),
        Some(Token::Symbol(symbol)) => malformed(format!("unexpected token: '{symbol}'")),
        None => malformed("unexpected token: <EOF>"),
    }
}

/// Words that cannot be names. ORDER and GROUP can: they are objects.
const CLAUSES: &[&str] = &["FROM", "WHERE", "LIMIT", "OFFSET", "HAVING", "WITH", "FOR", "USING", "AND", "OR", "NOT"];
const FUNCTIONS: &[(&str, Function)] = &[
    ("COUNT", Function::Count),
    ("COUNT_DISTINCT", Function::CountDistinct),
    ("SUM", Function::Sum),
    ("AVG", Function::Avg),
    ("MIN", Function::Min),
    ("MAX", Function::Max),
];

impl Parser {
    pub(super) fn new(tokens: Vec<Token>, today: i64) -> Self {
        Self { tokens, at: 0, today, depth: 0 }
    }

    /// Nothing may be left over.
    pub(super) fn end(&self) -> Result<(), SfError> {
        match self.peek() {
            None => Ok(()),
            Some(token) => Err(unexpected(Some(token))),
        }
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(s)) if *s == symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), SfError> {
        if self.take_word(word) { Ok(()) } else { Err(unexpected(self.peek())) }
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), SfError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(unexpected(self.peek())) }
    }

    pub(super) fn name(&mut self) -> Result<String, SfError> {
        match self.next() {
            Some(Token::Word(word))
                if word.starts_with(|c: char| c.is_ascii_alphabetic())
                    && !CLAUSES.iter().any(|c| word.eq_ignore_ascii_case(c)) =>
            {
                Ok(word)
            }
            other => Err(unexpected(other.as_ref())),
        }
    }

    pub(super) fn path(&mut self) -> Result<Path, SfError> {
        let name = self.name()?;
        let path: Path = name.split('.').map(str::to_owned).collect();
        if path.len() > 6 || path.iter().any(String::is_empty) {
            return Err(malformed(format!("unexpected token: '{name}'")));
        }
        Ok(path)
    }

    pub(super) fn count_value(&mut self) -> Result<usize, SfError> {
        match self.next() {
            Some(Token::Word(word)) => word.parse().map_err(|_| unexpected(Some(&Token::Word(word)))),
            other => Err(unexpected(other.as_ref())),
        }
    }

    pub(super) fn deeper(&mut self) -> Result<(), SfError> {
        self.depth += 1;
        // Brackets cost stack: a query that nests this deep is not one a client writes.
        if self.depth > 60 { Err(malformed("query is too complex")) } else { Ok(()) }
    }

    pub(super) fn query(&mut self) -> Result<Query, SfError> {
        self.deeper()?;
        self.expect_word("SELECT")?;
        let mut query = Query::of(String::new());
        loop {
            self.select_item(&mut query)?;
            if !self.take_symbol(",") {
                break;
            }
        }
        if query.count && !query.select.is_empty() {
            return Err(malformed("COUNT() must be the only element in the SELECT list"));
        }
        self.expect_word("FROM")?;
        query.from = self.name()?;
        if self.take_word("USING") {
            self.expect_word("SCOPE")?;
            self.name()?;
        }
        if self.take_word("WHERE") {
            query.filter = Some(self.condition(Self::path)?);
        }
        if self.take_word("WITH") {
            self.name()?;
        }
        self.grouping(&mut query)?;
        self.ending(&mut query)?;
        while self.take_word("FOR") {
            if !["VIEW", "REFERENCE", "UPDATE"].iter().any(|what| self.take_word(what)) {
                return Err(unexpected(self.peek()));
            }
        }
        self.depth -= 1;
        Ok(query)
    }

    fn grouping(&mut self, query: &mut Query) -> Result<(), SfError> {
        if self.take_word("GROUP") {
            self.expect_word("BY")?;
            loop {
                query.group.push(self.path()?);
                if !self.take_symbol(",") {
                    break;
                }
            }
        }
        if self.take_word("HAVING") {
            if query.group.is_empty() {
                return Err(malformed("having clause requires a group by clause"));
            }
            query.having = Some(self.condition(Self::measure)?);
        }
        Ok(())
    }

    /// ORDER BY, LIMIT and OFFSET, which searches have too.
    pub(super) fn ending(&mut self, query: &mut Query) -> Result<(), SfError> {
        if self.take_word("ORDER") {
            self.expect_word("BY")?;
            self.order(query)?;
        }
        if self.take_word("LIMIT") {
            query.limit = Some(self.count_value()?);
        }
        if self.take_word("OFFSET") {
            query.offset = self.count_value()?;
            if query.offset > 2_000 {
                return Err(SfError::bad("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"));
            }
        }
        Ok(())
    }

    /// A field or a function of one.
    fn measure(&mut self) -> Result<Measure, SfError> {
        let path = self.path()?;
        if !self.take_symbol("(") {
            return Ok(Measure::Field(path));
        }
        let name = path.join(".");
        let function = FUNCTIONS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        let Some((_, function)) = function else {
            return Err(malformed(format!("the function {name} is not supported here")));
        };
        let path = self.path()?;
        self.expect_symbol(")")?;
        Ok(Measure::Aggregate(*function, path))
    }

    /// The name that a select item has in the answer.
    fn alias(&mut self) -> Result<Option<String>, SfError> {
        match self.peek() {
            Some(Token::Word(word)) if !word.eq_ignore_ascii_case("FROM") => self.name().map(Some),
            _ => Ok(None),
        }
    }

    fn select_item(&mut self, query: &mut Query) -> Result<(), SfError> {
        if self.take_symbol("(") {
            query.select.push(Select::Child(Box::new(self.query()?)));
            return self.expect_symbol(")");
        }
        let start = self.at;
        let name = self.path()?.join(".");
        if self.take_symbol("(") {
            if name.eq_ignore_ascii_case("COUNT") && self.take_symbol(")") {
                query.count = true;
                return Ok(());
            }
            if name.eq_ignore_ascii_case("FIELDS") {
                query.select.push(Select::Fields(self.field_set()?));
                return Ok(());
            }
        }
        self.at = start;
        let measure = self.measure()?;
        let alias = self.alias()?;
        query.select.push(match (measure, alias) {
            (Measure::Field(path), None) => Select::Field(path),
            (measure, alias) => Select::Measure(measure, alias),
        });
        Ok(())
    }

    fn field_set(&mut self) -> Result<FieldSet, SfError> {
        let which = match self.name()?.to_ascii_uppercase().as_str() {
            "ALL" => FieldSet::All,
            "STANDARD" => FieldSet::Standard,
            "CUSTOM" => FieldSet::Custom,
            other => return Err(malformed(format!("unexpected token: '{other}'"))),
        };
        self.expect_symbol(")")?;
        Ok(which)
    }

    fn order(&mut self, query: &mut Query) -> Result<(), SfError> {
        loop {
            let by = self.measure()?;
            let descending = self.take_word("DESC");
            if !descending {
                self.take_word("ASC");
            }
            let mut nulls_last = false;
            if self.take_word("NULLS") {
                nulls_last = self.take_word("LAST");
                if !nulls_last {
                    self.expect_word("FIRST")?;
                }
            }
            query.order.push(Order { by, descending, nulls_last });
            if !self.take_symbol(",") {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ast::{Condition, Literal, Operator};
    use super::*;

    fn query(text: &str) -> Query {
        parse(text, 20_000).unwrap()
    }

    #[test]
    fn a_whole_query_is_read() {
        let q = query(
            "select Id, Account.Name, (SELECT Id FROM OrderItems) FROM Order WHERE (Status = 'Draft' OR Status='Approved') AND NOT Name LIKE 'a\\'%' ORDER BY CreatedDate DESC NULLS LAST, Id LIMIT 5 OFFSET 10",
        );
        assert_eq!((q.from.as_str(), q.limit, q.offset), ("Order", Some(5), 10));
        assert_eq!(q.select[1], Select::Field(vec!["Account".into(), "Name".into()]));
        assert!(matches!(&q.select[2], Select::Child(child) if child.from == "OrderItems"));
        assert!(q.order[0].descending && q.order[0].nulls_last && !q.order[1].descending);
        let Some(Condition::And(terms)) = q.filter else { panic!() };
        assert!(matches!(&terms[0], Condition::Or(alternatives) if alternatives.len() == 2));
        assert!(
            matches!(&terms[1], Condition::Not(inner) if matches!(&**inner, Condition::Compare(_, Operator::Like, Literal::Text(p)) if p == "a'%"))
        );
    }

    #[test]
    fn values_are_told_apart_by_their_form() {
        let filter = |text: &str| query(&format!("SELECT Id FROM Account WHERE {text}")).filter.unwrap();
        assert!(matches!(filter("A = 12.5"), Condition::Compare(_, _, Literal::Number(n)) if n == 12.5));
        assert!(matches!(
            filter("A >= 2026-01-31T10:00:00+09:00"),
            Condition::Compare(_, Operator::GreaterEqual, Literal::DateTime(_))
        ));
        assert!(matches!(filter("A = null"), Condition::Compare(_, _, Literal::Null)));
        assert!(
            matches!(filter("A NOT IN ('x', 'y')"), Condition::In { negated: true, ref values, .. } if values.len() == 2)
        );
        assert!(matches!(filter("Id IN (SELECT AccountId FROM Contact)"), Condition::InQuery { .. }));
        assert!(query("SELECT COUNT() FROM Account").count);
    }

    #[test]
    fn malformed_queries_are_refused() {
        for text in [
            "",
            "SELECT FROM Account",
            "SELECT Id Account",
            "SELECT Id FROM Account WHERE Name = Bob",
            "SELECT Id FROM Account WHERE Name = 'x\\q'",
            "SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3",
            "SELECT Id FROM Account LIMIT x",
            "SELECT Id FROM Account WHERE Name IS NULL",
            "SELECT Id FROM Account WHERE Name = 'open",
            "SELECT Id FROM Account;",
            "SELECT Id, COUNT() FROM Account",
        ] {
            assert_eq!(parse(text, 0).map_err(|e| e.code), Err("MALFORMED_QUERY"), "{text}");
        }
        let nested = format!("SELECT Id FROM Account WHERE {}A = 1{}", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(parse(&nested, 0).map_err(|e| e.code), Err("MALFORMED_QUERY"));
    }
}
