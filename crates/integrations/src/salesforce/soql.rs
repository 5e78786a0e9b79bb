//! Query text in which only program text is code: values come in through typed literals and cannot break out of them.

use domain::Timestamp;
use std::fmt::Write as _;

/// A SOQL statement under construction.
#[derive(Clone, Debug)]
pub(super) struct Soql(String);

impl Soql {
    pub fn new(code: &'static str) -> Self {
        Self(code.to_owned())
    }

    /// More program text.
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.push_str(code);
        self
    }

    /// A text or an id.
    pub fn text(mut self, value: &str) -> Self {
        self.push_text(value);
        self
    }

    /// `('a','b')`. An empty list matches nothing and is written so that it stays valid.
    pub fn texts<'t>(mut self, values: impl IntoIterator<Item = &'t str>) -> Self {
        self.0.push('(');
        let mut first = true;
        for value in values {
            if !first {
                self.0.push(',');
            }
            first = false;
            self.push_text(value);
        }
        if first {
            self.push_text("");
        }
        self.0.push(')');
        self
    }

    /// An instant, unquoted, in UTC.
    pub fn instant(mut self, at: Timestamp) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{at}");
        self
    }

    /// Another part of the statement.
    pub fn append(mut self, tail: Self) -> Self {
        self.0.push_str(&tail.0);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn push_text(&mut self, value: &str) {
        self.0.push('\'');
        for c in value.chars() {
            match c {
                '\'' => self.0.push_str("\\'"),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                c => self.0.push(c),
            }
        }
        self.0.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads one literal as Salesforce does; gives its value and what follows it.
    fn read_literal(text: &str) -> Option<(String, &str)> {
        let mut value = String::new();
        let mut chars = text.strip_prefix('\'')?.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => return Some((value, &text[at + 2..])),
                '\\' => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    't' => value.push('\t'),
                    c @ ('\'' | '\\') => value.push(c),
                    _ => return None,
                },
                c => value.push(c),
            }
        }
        None
    }

    #[test]
    fn statements_read_as_written() {
        let query = Soql::new("SELECT Id FROM Order WHERE Status = ")
            .text("O'Neil \\ Co")
            .code(" AND Id IN ")
            .texts(["a", "b"]);
        assert_eq!(query.as_str(), r"SELECT Id FROM Order WHERE Status = 'O\'Neil \\ Co' AND Id IN ('a','b')");
        assert_eq!(Soql::new("x IN ").texts([]).as_str(), "x IN ('')");
        assert_eq!(Soql::new("x > ").instant(Timestamp(0)).as_str(), "x > 1970-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn no_value_breaks_out(value in r"[\\'\PC\n\r\t]{0,40}", after in "[a-z ]{0,10}") {
            let query = Soql::new("").text(&value);
            let text = format!("{}{after}", query.as_str());
            let (read, rest) = read_literal(&text).unwrap();
            prop_assert_eq!(read, value);
            prop_assert_eq!(rest, after);
        }
    }
}
