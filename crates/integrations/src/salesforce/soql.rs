//! Query text in which only program text is code: values come in through typed literals and cannot break out of them.
//! The literals are those of Salesforce's documentation of SOQL. It knows no objects and sends nothing.

use domain::{Date, Money, Timestamp};
use std::fmt::Write as _;

/// Most characters of values in one `IN` list. Each may take nine bytes in an address (a three-byte character,
/// percent-encoded), and Salesforce takes addresses and headers of 16,384 bytes together.
const LIST_BYTES: usize = 10_000;
/// Levels of a path to a parent's field (`Contact.Account.Owner.Name` has three), and the field itself.
const PATH_PARTS: usize = 6;

/// A SOQL statement under construction.
#[derive(Clone, Debug)]
pub struct Soql(String);

/// The name of a field, perhaps of a parent record (`Account.Name`), that comes from configuration and not from the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName(String);

impl FieldName {
    /// `None` unless it is one to six identifiers joined by dots: a letter, then letters, digits and underscores, at most 80
    /// characters each.
    pub fn new(text: &str) -> Option<Self> {
        let identifier = |part: &str| {
            part.len() <= 80
                && part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let parts = text.split('.').count();
        (parts <= PATH_PARTS && text.split('.').all(identifier)).then(|| Self(text.to_owned()))
    }
}

impl Soql {
    pub fn new(code: &'static str) -> Self {
        Self(code.to_owned())
    }

    /// More program text.
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.push_str(code);
        self
    }

    /// A configured field.
    pub fn field(mut self, name: &FieldName) -> Self {
        self.0.push_str(&name.0);
        self
    }

    /// A text or an id.
    pub fn text(mut self, value: &str) -> Self {
        self.push_text(value);
        self
    }

    /// A text for `LIKE` that matches values which contain this one as it stands: `%` and `_` in it mean themselves.
    pub fn containing(mut self, value: &str) -> Self {
        self.0.push_str("'%");
        for c in value.chars() {
            if matches!(c, '%' | '_') {
                self.0.push('\\');
            }
            self.push_char(c);
        }
        self.0.push_str("%'");
        self
    }

    /// A whole number.
    pub fn number(self, value: i64) -> Self {
        self.written(value)
    }

    /// An amount without its currency, as an exact decimal.
    pub fn amount(self, value: Money) -> Self {
        let decimal = value.to_decimal();
        self.written(decimal)
    }

    pub fn boolean(self, value: bool) -> Self {
        self.written(value)
    }

    /// A calendar day.
    pub fn date(self, day: Date) -> Self {
        self.written(day)
    }

    /// An instant, in UTC.
    pub fn instant(self, at: Timestamp) -> Self {
        self.written(at)
    }

    /// `field IN ('a','b')`; false for every record when the list is empty (`IN ()` is not valid, and `IN ('')` would find
    /// records without a value).
    pub fn is_one_of(self, field: &'static str, values: &[String]) -> Self {
        if values.is_empty() { self.code("Id = null") } else { self.code(field).code(" IN ").list(values) }
    }

    /// `field NOT IN ('a','b')`; true for every record when the list is empty.
    pub fn is_none_of(self, field: &'static str, values: &[String]) -> Self {
        if values.is_empty() { self.code("Id != null") } else { self.code(field).code(" NOT IN ").list(values) }
    }

    /// Another part of the statement.
    pub fn append(mut self, tail: Self) -> Self {
        self.0.push_str(&tail.0);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn written(mut self, value: impl std::fmt::Display) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{value}");
        self
    }

    fn list(mut self, values: &[String]) -> Self {
        let mut separator = '(';
        for value in values {
            self.0.push(separator);
            separator = ',';
            self.push_text(value);
        }
        self.0.push(')');
        self
    }

    fn push_text(&mut self, value: &str) {
        self.0.push('\'');
        value.chars().for_each(|c| self.push_char(c));
        self.0.push('\'');
    }

    fn push_char(&mut self, c: char) {
        match c {
            '\'' => self.0.push_str("\\'"),
            '\\' => self.0.push_str("\\\\"),
            '\n' => self.0.push_str("\\n"),
            '\r' => self.0.push_str("\\r"),
            '\t' => self.0.push_str("\\t"),
            c => self.0.push(c),
        }
    }
}

/// Values in lists that each fit in the address of one query. A longer single value stands alone.
pub fn chunks(values: &[String]) -> impl Iterator<Item = &[String]> {
    let mut rest = values;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|value| {
            bytes += encoded_bytes(value);
            bytes <= LIST_BYTES
        });
        let count = fits.count().max(1).min(rest.len());
        let (some, others) = rest.split_at(count);
        rest = others;
        (!some.is_empty()).then_some(some)
    })
}

/// Length in an address at most: an escaped character becomes two, each byte three, and quotes and the comma stand around.
fn encoded_bytes(value: &str) -> usize {
    let plain = value.bytes().filter(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    plain + (value.len() - plain) * 6 + 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;
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
                    // Only in LIKE; kept apart from the bare characters, which are wildcards there.
                    c @ ('%' | '_') => {
                        value.push('\\');
                        value.push(c);
                    }
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
            .code(" AND ")
            .is_one_of("Id", &["a".to_owned(), "b".to_owned()]);
        assert_eq!(query.as_str(), r"SELECT Id FROM Order WHERE Status = 'O\'Neil \\ Co' AND Id IN ('a','b')");
        let amount = Soql::new("UnitPrice > ").amount(Money::new(-1_250, Currency::Usd));
        assert_eq!(amount.as_str(), "UnitPrice > -12.50");
        let query = Soql::new("")
            .field(&FieldName::new("Order.Portal_Order_Id__c").unwrap())
            .code(" != null AND IsPublished = ")
            .boolean(true)
            .code(" AND EffectiveDate = ")
            .date(Date::new(2026, 1, 31).unwrap())
            .code(" LIMIT ")
            .number(20);
        assert_eq!(
            query.as_str(),
            "Order.Portal_Order_Id__c != null AND IsPublished = true AND EffectiveDate = 2026-01-31 LIMIT 20"
        );
        assert_eq!(Soql::new("Subject LIKE ").containing("50%_'").as_str(), r"Subject LIKE '%50\%\_\'%'");
        assert_eq!(Soql::new("x > ").instant(Timestamp(0)).as_str(), "x > 1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn an_empty_list_matches_nothing_and_its_opposite_everything() {
        assert_eq!(Soql::new("").is_one_of("Status", &[]).as_str(), "Id = null");
        assert_eq!(Soql::new("").is_none_of("Status", &[]).as_str(), "Id != null");
        assert_eq!(Soql::new("").is_none_of("Status", &["a".to_owned()]).as_str(), "Status NOT IN ('a')");
    }

    #[test]
    fn only_names_are_names() {
        for good in ["Id", "Portal_Order_Id__c", "Account.Owner.Name", "a.b.c.d.e.f"] {
            assert!(FieldName::new(good).is_some(), "{good}");
        }
        let long = "a".repeat(81);
        for bad in ["", "1a", "a b", "a'", "a.", ".a", "a..b", "Name FROM User", "é", "a.b.c.d.e.f.g", &long] {
            assert!(FieldName::new(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_search_finds_the_value_as_it_stands(value in r"[\\'%_a-z\PC]{0,40}") {
            let query = Soql::new("").containing(&value);
            let (read, rest) = read_literal(query.as_str()).unwrap();
            prop_assert_eq!(rest, "");
            // What the reader unescaped still shows which signs are no wildcards.
            let inner = read.strip_prefix('%').unwrap().strip_suffix('%').unwrap();
            let marked: String = value.chars().flat_map(|c| matches!(c, '%' | '_').then_some('\\').into_iter().chain([c])).collect();
            prop_assert_eq!(inner, marked);
        }

        #[test]
        fn lists_are_cut_where_an_address_ends_and_lose_nothing(values in prop::collection::vec(r"[\PC']{0,900}", 0..40)) {
            let lists: Vec<&[String]> = chunks(&values).collect();
            prop_assert_eq!(&lists.concat(), &values);
            for list in lists {
                prop_assert!(!list.is_empty());
                let query = Soql::new("").is_one_of("Id", list);
                let encoded: String = url::form_urlencoded::byte_serialize(query.as_str().as_bytes()).collect();
                prop_assert!(list.len() == 1 || encoded.len() < LIST_BYTES + 100, "{}", encoded.len());
            }
        }

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
