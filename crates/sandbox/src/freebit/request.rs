//! Reading members of a request document: texts of digits or numbers, flags, dates.

use serde_json::Value;

use super::Failure;
use crate::clock::Date;

pub(crate) const MISSING: Failure = Failure::code("300-2");
pub(crate) const MALFORMED: Failure = Failure::code("300-3");

/// A scalar as text; `None` when absent or empty.
pub(crate) fn text(document: &Value, name: &str) -> Result<Option<String>, Failure> {
    match &document[name] {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(MALFORMED),
    }
}

pub(crate) fn required(document: &Value, name: &str) -> Result<String, Failure> {
    text(document, name)?.ok_or(MISSING)
}

pub(crate) fn digits(text: String, lengths: std::ops::RangeInclusive<usize>) -> Result<String, Failure> {
    if lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) { Ok(text) } else { Err(MALFORMED) }
}

/// The line's number, digits only, 11 to 14.
pub(crate) fn account(document: &Value) -> Result<String, Failure> {
    digits(required(document, "account")?, 11..=14)
}

/// `"10"` yes, `"20"` no.
pub(crate) fn flag(document: &Value, name: &str) -> Result<Option<bool>, Failure> {
    match text(document, name)?.as_deref() {
        None => Ok(None),
        Some("10") => Ok(Some(true)),
        Some("20") => Ok(Some(false)),
        Some(_) => Err(MALFORMED),
    }
}

pub(crate) fn show_flag(flag: bool) -> &'static str {
    if flag { "10" } else { "20" }
}

pub(crate) fn date(document: &Value, name: &str) -> Result<Option<Date>, Failure> {
    text(document, name)?.map(|text| Date::parse_compact(&text).ok_or(MALFORMED)).transpose()
}
