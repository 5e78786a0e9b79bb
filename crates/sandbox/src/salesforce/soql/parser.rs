//! Words to a query.

use super::super::error::SfError;
use super::ast::{Condition, FieldSet, Literal, Operator, Order, Path, Query, Select};
use super::lexer::{Token, malformed, tokens};
use super::literal;

/// Reads a query; `today` (day number, UTC) resolves date literals.
///
/// # Errors
/// `MALFORMED_QUERY`.
pub(crate) fn parse(text: &str, today: i64) -> Result<Query, SfError> {
    if text.len() > 100_000 {
        return Err(malformed("SOQL statements cannot be longer than 100000 characters."));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, today, depth: 0 };
    let query = parser.query()?;
    match parser.peek() {
        None => Ok(query),
        Some(token) => Err(unexpected(Some(token))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    today: i64,
    depth: usize,
}

fn unexpected(token: Option<&Token>) -> SfError {
    match token {
        Some(Token::Word(word)) => malformed(format!("unexpected token: '{word}'")),
        Some(Token::Text(text)) => malformed(format!("unexpected token: '{text}'")),
        Some(Token::Symbol(symbol)) => malformed(format!("unexpected token: '{symbol}'")),
        None => malformed("unexpected token: <EOF>"),
    }
}

/// Words that cannot be names. ORDER and GROUP can: they are objects.
const CLAUSES: &[&str] = &["FROM", "WHERE", "LIMIT", "OFFSET", "HAVING", "WITH", "FOR", "USING", "AND", "OR", "NOT"];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(s)) if *s == symbol);
        self.at += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), SfError> {
        if self.take_word(word) { Ok(()) } else { Err(unexpected(self.peek())) }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), SfError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(unexpected(self.peek())) }
    }

    fn name(&mut self) -> Result<String, SfError> {
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

    fn path(&mut self) -> Result<Path, SfError> {
        let name = self.name()?;
        let path: Path = name.split('.').map(str::to_owned).collect();
        if path.len() > 6 || path.iter().any(String::is_empty) {
            return Err(malformed(format!("unexpected token: '{name}'")));
        }
        Ok(path)
    }

    fn count_value(&mut self) -> Result<usize, SfError> {
        match self.next() {
            Some(Token::Word(word)) => word.parse().map_err(|_| unexpected(Some(&Token::Word(word)))),
            other => Err(unexpected(other.as_ref())),
        }
    }

    fn deeper(&mut self) -> Result<(), SfError> {
        self.depth += 1;
        // Brackets cost stack: a query that nests this deep is not one a client writes.
        if self.depth > 60 { Err(malformed("query is too complex")) } else { Ok(()) }
    }

    fn query(&mut self) -> Result<Query, SfError> {
        self.deeper()?;
        self.expect_word("SELECT")?;
        let mut query = Query {
            select: Vec::new(),
            count: false,
            from: String::new(),
            filter: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
        };
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
            query.filter = Some(self.condition()?);
        }
        if self.take_word("ORDER") {
            self.expect_word("BY")?;
            self.order(&mut query)?;
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
        if self.take_word("FOR") {
            self.name()?;
        }
        self.depth -= 1;
        Ok(query)
    }

    fn select_item(&mut self, query: &mut Query) -> Result<(), SfError> {
        if self.take_symbol("(") {
            query.select.push(Select::Child(Box::new(self.query()?)));
            return self.expect_symbol(")");
        }
        let path = self.path()?;
        if !self.take_symbol("(") {
            query.select.push(Select::Field(path));
            return Ok(());
        }
        let function = path.join(".").to_ascii_uppercase();
        match function.as_str() {
            "COUNT" if self.take_symbol(")") => query.count = true,
            "FIELDS" => {
                let which = match self.name()?.to_ascii_uppercase().as_str() {
                    "ALL" => FieldSet::All,
                    "STANDARD" => FieldSet::Standard,
                    "CUSTOM" => FieldSet::Custom,
                    other => return Err(malformed(format!("unexpected token: '{other}'"))),
                };
                self.expect_symbol(")")?;
                query.select.push(Select::Fields(which));
            }
            _ => return Err(malformed(format!("the function {function} is not supported here"))),
        }
        Ok(())
    }

    fn order(&mut self, query: &mut Query) -> Result<(), SfError> {
        loop {
            let path = self.path()?;
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
            query.order.push(Order { path, descending, nulls_last });
            if !self.take_symbol(",") {
                return Ok(());
            }
        }
    }

    /// AND and OR do not mix without brackets.
    fn condition(&mut self) -> Result<Condition, SfError> {
        let first = self.term()?;
        for (word, other) in [("AND", "OR"), ("OR", "AND")] {
            if self.is_word(word) {
                let mut terms = vec![first];
                while self.take_word(word) {
                    terms.push(self.term()?);
                }
                if self.is_word(other) {
                    return Err(unexpected(self.peek()));
                }
                return Ok(if word == "AND" { Condition::And(terms) } else { Condition::Or(terms) });
            }
        }
        Ok(first)
    }

    fn term(&mut self) -> Result<Condition, SfError> {
        self.deeper()?;
        let term = if self.take_word("NOT") {
            Condition::Not(Box::new(self.term()?))
        } else if self.take_symbol("(") {
            let inner = self.condition()?;
            self.expect_symbol(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn comparison(&mut self) -> Result<Condition, SfError> {
        let path = self.path()?;
        if self.take_word("NOT") {
            self.expect_word("IN")?;
            return self.in_list(path, true);
        }
        if self.take_word("IN") {
            return self.in_list(path, false);
        }
        if self.take_word("LIKE") {
            return match self.next() {
                Some(Token::Text(pattern)) => Ok(Condition::Compare(path, Operator::Like, Literal::Text(pattern))),
                other => Err(unexpected(other.as_ref())),
            };
        }
        let operator = match self.next() {
            Some(Token::Symbol("=")) => Operator::Equal,
            Some(Token::Symbol("!=" | "<>")) => Operator::NotEqual,
            Some(Token::Symbol("<")) => Operator::Less,
            Some(Token::Symbol("<=")) => Operator::LessEqual,
            Some(Token::Symbol(">")) => Operator::Greater,
            Some(Token::Symbol(">=")) => Operator::GreaterEqual,
            other => return Err(unexpected(other.as_ref())),
        };
        Ok(Condition::Compare(path, operator, self.literal()?))
    }

    fn in_list(&mut self, path: Path, negated: bool) -> Result<Condition, SfError> {
        self.expect_symbol("(")?;
        if self.is_word("SELECT") {
            let query = Box::new(self.query()?);
            self.expect_symbol(")")?;
            return Ok(Condition::InQuery { path, negated, query });
        }
        let mut values = vec![self.literal()?];
        while self.take_symbol(",") {
            values.push(self.literal()?);
        }
        self.expect_symbol(")")?;
        Ok(Condition::In { path, negated, values })
    }

    fn literal(&mut self) -> Result<Literal, SfError> {
        match self.next() {
            // Outside LIKE the escapes \% and \_ do not exist; the characters stand for themselves.
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => {
                literal::unquoted(&word, self.today).ok_or_else(|| unexpected(Some(&Token::Word(word))))
            }
            other => Err(unexpected(other.as_ref())),
        }
    }
}

#[cfg(test)]
mod tests {
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
