//! Words to a condition: WHERE of records, HAVING of groups.

use super::super::error::SfError;
use super::ast::{Condition, Literal, Operator};
use super::lexer::Token;
use super::literal;
use super::parser::{Parser, unexpected};

/// Reads what a condition is about.
type Operand<T> = fn(&mut Parser) -> Result<T, SfError>;

impl Parser {
    /// AND and OR do not mix without brackets.
    pub(super) fn condition<T>(&mut self, operand: Operand<T>) -> Result<Condition<T>, SfError> {
        let first = self.term(operand)?;
        for (word, other) in [("AND", "OR"), ("OR", "AND")] {
            if self.is_word(word) {
                let mut terms = vec![first];
                while self.take_word(word) {
                    terms.push(self.term(operand)?);
                }
                if self.is_word(other) {
                    return Err(unexpected(self.peek()));
                }
                return Ok(if word == "AND" { Condition::And(terms) } else { Condition::Or(terms) });
            }
        }
        Ok(first)
    }

    fn term<T>(&mut self, operand: Operand<T>) -> Result<Condition<T>, SfError> {
        self.deeper()?;
        let term = if self.take_word("NOT") {
            Condition::Not(Box::new(self.term(operand)?))
        } else if self.take_symbol("(") {
            let inner = self.condition(operand)?;
            self.expect_symbol(")")?;
            inner
        } else {
            self.comparison(operand)?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn comparison<T>(&mut self, operand: Operand<T>) -> Result<Condition<T>, SfError> {
        let of = operand(self)?;
        if self.take_word("NOT") {
            self.expect_word("IN")?;
            return self.in_list(of, true);
        }
        if self.take_word("IN") {
            return self.in_list(of, false);
        }
        for (word, negated) in [("INCLUDES", false), ("EXCLUDES", true)] {
            if self.take_word(word) {
                return Ok(Condition::Includes { of, negated, values: self.texts()? });
            }
        }
        if self.take_word("LIKE") {
            return match self.next() {
                Some(Token::Text(pattern)) => Ok(Condition::Compare(of, Operator::Like, Literal::Text(pattern))),
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
        Ok(Condition::Compare(of, operator, self.literal()?))
    }

    fn in_list<T>(&mut self, of: T, negated: bool) -> Result<Condition<T>, SfError> {
        self.expect_symbol("(")?;
        if self.is_word("SELECT") {
            let query = Box::new(self.query()?);
            self.expect_symbol(")")?;
            return Ok(Condition::InQuery { of, negated, query });
        }
        let mut values = vec![self.literal()?];
        while self.take_symbol(",") {
            values.push(self.literal()?);
        }
        self.expect_symbol(")")?;
        Ok(Condition::In { of, negated, values })
    }

    fn texts(&mut self) -> Result<Vec<String>, SfError> {
        self.expect_symbol("(")?;
        let mut values = Vec::new();
        loop {
            match self.next() {
                Some(Token::Text(text)) => values.push(text),
                other => return Err(unexpected(other.as_ref())),
            }
            if !self.take_symbol(",") {
                self.expect_symbol(")")?;
                return Ok(values);
            }
        }
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
