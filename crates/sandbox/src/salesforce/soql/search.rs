//! SOSL: `FIND {words} IN … FIELDS RETURNING Object(fields WHERE …), …`. Its conditions and clauses are those of SOQL.
//!
//! Words are found as words, in any order, without regard to case; texts without blanks between words (Japanese) are
//! searched for the letters. Ranking, spelling and synonyms of the real index are not imitated.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::error::SfError;
use super::super::records::Record;
use super::super::schema::{self, Field, Kind, Object};
use super::ast::{Query, Select};
use super::columns::Columns;
use super::eval;
use super::lexer::tokens;
use super::node::Node;
use super::parser::Parser;
use crate::world::store::Store;

/// Records of an answer at most.
const MOST: usize = 2_000;

fn malformed(message: impl Into<String>) -> SfError {
    SfError::bad("MALFORMED_SEARCH", message)
}

/// Answers a search; `today` resolves date literals, `version` is for the record addresses.
///
/// # Errors
/// `MALFORMED_SEARCH`, and what the conditions of SOQL give.
pub(crate) fn run(store: &Store, text: &str, version: &str, today: i64) -> Result<Node, SfError> {
    let search = parse(text, today)?;
    let mut found = Vec::new();
    for query in &search.returning {
        let object = schema::find(&query.from)
            .ok_or_else(|| SfError::bad("INVALID_TYPE", format!("sObject type '{}' is not supported.", query.from)))?;
        let columns = Columns::build(object, &query.select, query.limit)?;
        let matches = eval::filtered(store, object, query, false)?
            .into_iter()
            .filter(|record| search.words.found_in(&texts(object, record, search.scope)))
            .collect();
        let rows = eval::ordered(store, object, query, matches)?;
        for record in rows.into_iter().skip(query.offset).take(query.limit.unwrap_or(MOST)) {
            found.push(columns.show(store, object, record, version, false)?);
        }
    }
    found.truncate(search.limit.unwrap_or(MOST).min(MOST));
    Ok(Node::Object(vec![("searchRecords".to_owned(), Node::Array(found))]))
}

struct Search {
    words: Words,
    scope: Scope,
    returning: Vec<Query>,
    limit: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    All,
    Name,
    Email,
    Phone,
}

/// Texts of a record that a search looks at.
fn texts(object: &Object, record: &Record, scope: Scope) -> Vec<String> {
    let looks = |field: &Field| match (scope, field.kind) {
        (Scope::Email, Kind::Email) | (Scope::Phone, Kind::Phone) => true,
        (Scope::Name, _) => {
            matches!(field.name, "Name" | "Title" | "Subject" | "FirstName" | "LastName" | "CaseNumber")
        }
        (Scope::All, Kind::Text(_) | Kind::LongText(_) | Kind::Email | Kind::Phone | Kind::Url) => true,
        _ => false,
    };
    let fields = object.all_fields().filter(|field| looks(field));
    fields.filter_map(|field| record.get(field.name).and_then(Value::as_str)).map(str::to_lowercase).collect()
}

fn parse(text: &str, today: i64) -> Result<Search, SfError> {
    if text.chars().count() > 100_000 {
        return Err(malformed("SOSL statements cannot be longer than 100000 characters."));
    }
    let rest = text.trim_start();
    let rest = match rest.split_at_checked(4) {
        Some((find, rest)) if find.eq_ignore_ascii_case("FIND") => rest.trim_start(),
        _ => return Err(malformed("the search does not begin with FIND")),
    };
    let rest = rest.strip_prefix('{').ok_or_else(|| malformed("the search text stands in braces"))?;
    let end = closing(rest).ok_or_else(|| malformed("the closing brace is missing"))?;
    let words = Words::parse(&rest[..end])?;
    let mut parser = Parser::new(tokens(&rest[end + 1..])?, today);
    let (scope, returning, limit) = parser.search_clauses()?;
    parser.end()?;
    if returning.is_empty() {
        return Err(malformed("name the objects to search: RETURNING"));
    }
    Ok(Search { words, scope, returning, limit })
}

/// Where the brace closes that is not escaped.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '}' => return Some(at),
            _ => {}
        }
    }
    None
}

impl Parser {
    fn search_clauses(&mut self) -> Result<(Scope, Vec<Query>, Option<usize>), SfError> {
        let mut scope = Scope::All;
        if self.take_word("IN") {
            let name = self.name()?;
            scope = match name.to_ascii_uppercase().as_str() {
                "ALL" | "SIDEBAR" => Scope::All,
                "NAME" => Scope::Name,
                "EMAIL" => Scope::Email,
                "PHONE" => Scope::Phone,
                _ => return Err(malformed(format!("unexpected token: '{name}'"))),
            };
            self.expect_word("FIELDS")?;
        }
        let mut returning = Vec::new();
        if self.take_word("RETURNING") {
            loop {
                returning.push(self.returned()?);
                if !self.take_symbol(",") {
                    break;
                }
            }
        }
        let mut ending = Query::of(String::new());
        self.ending(&mut ending)?;
        Ok((scope, returning, ending.limit))
    }

    /// `Object`, or `Object(fields WHERE … ORDER BY … LIMIT … OFFSET …)`.
    fn returned(&mut self) -> Result<Query, SfError> {
        let mut query = Query::of(self.name()?);
        if self.take_symbol("(") {
            loop {
                query.select.push(Select::Field(self.path()?));
                if !self.take_symbol(",") {
                    break;
                }
            }
            if self.take_word("WHERE") {
                query.filter = Some(self.condition(Self::path)?);
            }
            self.ending(&mut query)?;
            self.expect_symbol(")")?;
        } else {
            query.select.push(Select::Field(vec!["Id".to_owned()]));
        }
        Ok(query)
    }
}

/// What is searched for: words or phrases with AND, OR and NOT between them, read from left to right in the order of
/// precedence NOT, AND, OR.
#[derive(Debug, PartialEq)]
enum Words {
    One(Vec<Part>),
    Not(Box<Words>),
    And(Vec<Words>),
    Or(Vec<Words>),
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Letter(char),
    /// `?`: one letter.
    Any,
    /// `*`: any letters.
    Rest,
}

enum Item {
    Word(Vec<Part>),
    And,
    Or,
    Not,
}

impl Words {
    fn parse(text: &str) -> Result<Self, SfError> {
        let items = items(text)?;
        let letters = |part: &&Part| matches!(part, Part::Letter(c) if c.is_alphanumeric());
        for item in &items {
            if let Item::Word(word) = item
                && word.iter().filter(letters).count() < 2
                && !word.iter().any(|part| matches!(part, Part::Letter(c) if !c.is_ascii()))
            {
                return Err(malformed("search term must be longer than one character"));
            }
        }
        let mut any = Vec::new();
        for either in items.split(|item| matches!(item, Item::Or)) {
            let mut all = Vec::new();
            let mut negated = false;
            for item in either {
                match item {
                    Item::Not => negated = !negated,
                    Item::Word(word) => {
                        let word = Self::One(word.clone());
                        all.push(if std::mem::take(&mut negated) { Self::Not(Box::new(word)) } else { word });
                    }
                    // Words without anything between them must all be there as well.
                    Item::And | Item::Or => {}
                }
            }
            if all.is_empty() || negated {
                return Err(malformed("a word is missing"));
            }
            any.push(Self::And(all));
        }
        Ok(Self::Or(any))
    }

    fn found_in(&self, texts: &[String]) -> bool {
        match self {
            Self::One(word) => texts.iter().any(|text| stands_in(word, text)),
            Self::Not(word) => !word.found_in(texts),
            Self::And(words) => words.iter().all(|word| word.found_in(texts)),
            Self::Or(words) => words.iter().any(|word| word.found_in(texts)),
        }
    }
}

fn items(text: &str) -> Result<Vec<Item>, SfError> {
    let mut items = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() || matches!(c, '(' | ')') => {
                chars.next();
            }
            '"' => {
                chars.next();
                items.push(Item::Word(word(&mut chars, true)?));
                if chars.next() != Some('"') {
                    return Err(malformed("unterminated phrase"));
                }
            }
            _ => {
                let quoted = word(&mut chars, false)?;
                let plain: String =
                    quoted.iter().map(|part| if let Part::Letter(c) = part { *c } else { '*' }).collect();
                items.push(match plain.as_str() {
                    "and" => Item::And,
                    "or" => Item::Or,
                    "not" => Item::Not,
                    _ => Item::Word(quoted),
                });
            }
        }
    }
    Ok(items)
}

/// Reads up to a blank, or in a phrase up to its quotation mark.
fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, phrase: bool) -> Result<Vec<Part>, SfError> {
    let mut parts = Vec::new();
    while let Some(&c) = chars.peek() {
        match c {
            '"' => break,
            c if !phrase && (c.is_whitespace() || matches!(c, '(' | ')')) => break,
            '\\' => {
                chars.next();
                let escaped = chars.next().ok_or_else(|| malformed("nothing follows the backslash"))?;
                parts.extend(escaped.to_lowercase().map(Part::Letter));
                continue;
            }
            '*' if !phrase => parts.push(Part::Rest),
            '?' if !phrase => parts.push(Part::Any),
            '&' | '|' | '!' | '{' | '[' | ']' | '^' | '~' | ':' | '+' if !phrase => {
                return Err(malformed(format!("the character '{c}' must be escaped")));
            }
            c => parts.extend(c.to_lowercase().map(Part::Letter)),
        }
        chars.next();
    }
    Ok(parts)
}

/// Whether a word or phrase stands in a text, from the beginning of a word to the end of one.
fn stands_in(word: &[Part], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let joins = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (0..text.len()).any(|from| {
        let starts = !joins(from.checked_sub(1).and_then(|at| text.get(at))) || !joins(text.get(from));
        starts && ends(word, &text, from).any(|to| !joins(text.get(to)) || !joins(text.get(to.wrapping_sub(1))))
    })
}

/// Where the word can end that begins here: all places at once, so that many stars cost no more than few.
fn ends(word: &[Part], text: &[char], from: usize) -> impl Iterator<Item = usize> {
    let mut places = BTreeSet::from([from]);
    for part in word {
        let letter = |at: &usize| match part {
            Part::Letter(c) => text.get(*at) == Some(c),
            Part::Any | Part::Rest => text.get(*at).is_some_and(|c| c.is_alphanumeric()),
        };
        if *part == Part::Rest {
            let mut all = places.clone();
            for place in places {
                all.extend((place..text.len()).take_while(letter).map(|at| at + 1));
            }
            places = all;
        } else {
            places = places.into_iter().filter(letter).map(|at| at + 1).collect();
        }
        if places.is_empty() {
            break;
        }
    }
    places.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &str, text: &str) -> bool {
        Words::parse(words).unwrap().found_in(&[text.to_lowercase()])
    }

    #[test]
    fn words_are_found_as_words() {
        let text = "Internet is slow: restart the router (model A-1)";
        for (words, expected) in [
            ("slow", true),
            ("SLOW internet", true),
            ("slo", false),
            ("slo*", true),
            ("?outer", true),
            ("slow AND missing", false),
            ("missing OR router", true),
            ("router AND NOT slow", false),
            ("\"the router\"", true),
            ("\"router the\"", false),
            ("r*r", true),
            ("A\\-1", true),
        ] {
            assert_eq!(found(words, text), expected, "{words}");
        }
        assert!(found("設定", "eSIMを設定する") && !found("解約", "eSIMを設定する"));
        assert!(!found("*a*a*a*a*a*a*a*b", &"a".repeat(300)));
    }

    #[test]
    fn bad_searches_are_refused() {
        for text in [
            "",
            "FIND slow",
            "FIND {slow",
            "FIND {a} RETURNING Case",
            "FIND {slow & fast} RETURNING Case",
            "FIND {slow OR} RETURNING Case",
            "FIND {slow}",
            "FIND {slow} IN ODD FIELDS RETURNING Case",
        ] {
            assert_eq!(parse(text, 0).map(|_| ()).map_err(|e| e.code), Err("MALFORMED_SEARCH"), "{text}");
        }
        assert_eq!(closing("a\\}b} c"), Some(4));
    }
}
