//! The forms in which WHMCS writes values. Every WHMCS mapper reads through these functions and knows none of the forms
//! itself: numbers as text, five kinds of empty list, zero dates, HTML-encoded text.

use crate::common::loose::decode_entities;
use crate::common::map_error::MapError;
use crate::{Currency, Date, Money};
use serde_json::Value;

/// Some installations write ids and counts as numbers, others as digits in a string.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(n) => n.as_u64(),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

/// A member that must be a number.
///
/// # Errors
/// When it is missing or not a whole number.
pub fn id(record: &Value, what: &'static str, field: &str) -> Result<u64, MapError> {
    let value = record.get(field).ok_or_else(|| MapError::missing(what, field))?;
    number(value).ok_or_else(|| MapError::new(what, field, "is not a number"))
}

/// A number where `0`, `""`, `null` and a missing member all mean none (`invoiceid` of an order without an invoice).
pub fn optional_id(record: &Value, field: &str) -> Option<u64> {
    record.get(field).and_then(number).filter(|&n| n > 0)
}

/// A success that names nothing that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotMade {
    /// It says why in a `warning`: nothing was done.
    Warned(String),
    /// It says nothing: whether something was made is not known.
    Silent,
}

/// The id of what a successful call made. A `warning` beside the id only speaks of a deprecated parameter.
///
/// # Errors
/// When there is no id.
pub fn made(reply: &Value, field: &str) -> Result<u64, NotMade> {
    optional_id(reply, field).ok_or_else(|| match text(reply, "warning") {
        warning if warning.trim().is_empty() => NotMade::Silent,
        warning => NotMade::Warned(warning),
    })
}

/// Stored text, HTML-decoded exactly once. `null` and a missing member are the empty text.
pub fn text(record: &Value, field: &str) -> String {
    match record.get(field) {
        Some(Value::String(s)) => decode_entities(s).into_owned(),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    }
}

/// A truth in any of its writings: `true`, `"true"`, `1`, `"1"`, `"on"`; everything else is false.
pub fn truth(record: &Value, field: &str) -> bool {
    match record.get(field) {
        Some(Value::Bool(truth)) => *truth,
        Some(Value::Number(n)) => n.as_u64() == Some(1),
        Some(Value::String(s)) => matches!(s.trim().to_ascii_lowercase().as_str(), "true" | "1" | "on" | "yes"),
        _ => false,
    }
}

/// A date; `""`, `"0000-00-00"` and `"0000-00-00 00:00:00"` mean none. The time of day is dropped.
///
/// # Errors
/// When the text is neither empty nor a date.
pub fn date(record: &Value, what: &'static str, field: &str) -> Result<Option<Date>, MapError> {
    let text = text(record, field);
    let day = text.get(..10).unwrap_or(&text);
    match day {
        "" | "0000-00-00" => Ok(None),
        day => day.parse().map(Some).map_err(|_| MapError::new(what, field, "is not a date")),
    }
}

/// A decimal amount such as `"1200.00"`, in the currency of the installation (amounts of services carry none).
///
/// # Errors
/// When it is missing, display money (`"¥1,200 JPY"`), or finer than the currency's minor unit.
pub fn money(record: &Value, what: &'static str, field: &str, currency: Currency) -> Result<Money, MapError> {
    let amount = match record.get(field) {
        Some(Value::String(s)) => Money::parse(s, currency),
        Some(Value::Number(n)) => Money::from_number(n, currency),
        _ => return Err(MapError::missing(what, field)),
    };
    amount.map_err(|_| MapError::new(what, field, "is not an amount of the currency"))
}

/// The rows of a list `{"products":{"product":[…]}}`.
///
/// Absent rows are written as `""`, `[]`, `{}`, `null`, `{"product":[]}` or not at all; one row as the object itself; a
/// PHP array with gaps as an object keyed by number; and a few lists lack the inner key.
///
/// # Errors
/// When the place holds something that is none of these (a text, a number).
pub fn rows<'v>(reply: &'v Value, what: &'static str, outer: &str, inner: &str) -> Result<Vec<&'v Value>, MapError> {
    let Some(envelope) = reply.get(outer) else { return Ok(Vec::new()) };
    let list = match envelope {
        Value::Object(members) => members.get(inner).unwrap_or(envelope),
        other => other,
    };
    let misfit = || MapError::new(what, outer, "is not a list");
    match list {
        Value::Null => Ok(Vec::new()),
        Value::String(s) if s.is_empty() => Ok(Vec::new()),
        Value::Array(items) if items.iter().all(|item| item.is_object() || is_nothing(item)) => {
            Ok(items.iter().filter(|item| !is_nothing(item)).collect())
        }
        Value::Object(members) if members.is_empty() => Ok(Vec::new()),
        Value::Object(members) if members.keys().any(|k| k.parse::<u64>().is_ok()) => {
            // Add-ons put members of their own beside the rows.
            let mut keyed: Vec<(u64, &Value)> =
                members.iter().filter_map(|(k, v)| k.parse().ok().map(|k| (k, v))).collect();
            if !keyed.iter().all(|(_, v)| v.is_object() || is_nothing(v)) {
                return Err(misfit());
            }
            keyed.sort_by_key(|(k, _)| *k);
            Ok(keyed.into_iter().map(|(_, v)| v).filter(|v| !is_nothing(v)).collect())
        }
        Value::Object(_) => Ok(vec![list]),
        _ => Err(misfit()),
    }
}

/// `[[]]` is how PHP writes "none" for some lists; `null` and `""` stand there too.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The value of a custom field by its name. WHMCS shows `MSISDN|Phone number` to clients as `Phone number`; the part
/// before the bar is the name.
pub fn custom_field(record: &Value, name: &str) -> Option<String> {
    let fields = rows(record, "WHMCS custom fields", "customfields", "customfield").ok()?;
    fields
        .into_iter()
        .find(|f| field_name(&text(f, "name")).eq_ignore_ascii_case(name))
        .map(|f| text(f, "value"))
        .filter(|v| !v.trim().is_empty())
}

/// The name of a custom field without its display form.
pub fn field_name(full: &str) -> &str {
    full.split('|').next().unwrap_or(full).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_come_as_numbers_or_digits() {
        assert_eq!([json!(7), json!("7"), json!(" 7 ")].iter().filter_map(number).collect::<Vec<_>>(), [7, 7, 7]);
        assert_eq!([json!("seven"), json!(-1), json!(null), json!(1.5)].iter().filter_map(number).count(), 0);
        assert_eq!(optional_id(&json!({"invoiceid": "0"}), "invoiceid"), None);
        assert_eq!(optional_id(&json!({}), "invoiceid"), None);
    }

    #[test]
    fn a_success_without_an_id_made_nothing_or_nobody_knows() {
        assert_eq!(made(&json!({"orderid": "12", "warning": "pid is deprecated"}), "orderid"), Ok(12));
        let warned = NotMade::Warned("Card declined & gone".to_owned());
        assert_eq!(made(&json!({"orderid": 0, "warning": "Card declined &amp; gone"}), "orderid"), Err(warned));
        for silent in [json!({}), json!({"orderid": null}), json!({"orderid": "", "warning": ""})] {
            assert_eq!(made(&silent, "orderid"), Err(NotMade::Silent), "{silent}");
        }
    }

    #[test]
    fn a_truth_has_many_writings() {
        for yes in [json!(true), json!("true"), json!(1), json!("1"), json!("on")] {
            assert!(truth(&json!({ "t": yes }), "t"), "{yes}");
        }
        for no in [json!(false), json!("false"), json!(0), json!("0"), json!(""), json!(null), json!([]), json!("paid")]
        {
            assert!(!truth(&json!({ "t": no }), "t"), "{no}");
        }
    }

    #[test]
    fn every_empty_list_is_empty() {
        for empty in
            [json!(""), json!([]), json!({}), json!(null), json!({"product": []}), json!({"product": ""}), json!([[]])]
        {
            let reply = json!({ "products": empty });
            assert_eq!(rows(&reply, "t", "products", "product"), Ok(vec![]), "{reply}");
        }
        assert_eq!(rows(&json!({}), "t", "products", "product"), Ok(vec![]));
    }

    #[test]
    fn every_full_list_has_its_rows_in_order() {
        let (a, b) = (json!({"id": 1}), json!({"id": 2}));
        let forms = [
            json!({"product": [a, b]}),
            json!({"product": {"0": a, "1": b}}),
            json!({"product": {"128": b, "9": a}}),
            json!([a, b]),
            json!({"10": b, "2": a}),
        ];
        for form in forms {
            let reply = json!({ "products": form });
            assert_eq!(rows(&reply, "t", "products", "product"), Ok(vec![&a, &b]), "{reply}");
        }
        let single = json!({"products": {"product": a}});
        assert_eq!(rows(&single, "t", "products", "product"), Ok(vec![&a]));
    }

    #[test]
    fn a_text_in_place_of_a_list_is_an_error() {
        for bad in [json!("none"), json!(3), json!({"product": "x"}), json!({"0": "x"})] {
            assert!(rows(&json!({ "products": bad }), "t", "products", "product").is_err(), "{bad}");
        }
    }

    #[test]
    fn zero_dates_mean_none() {
        for none in ["", "0000-00-00", "0000-00-00 00:00:00"] {
            assert_eq!(date(&json!({"d": none}), "t", "d"), Ok(None));
        }
        assert_eq!(date(&json!({"d": "2026-02-03 04:05:06"}), "t", "d"), Ok(Date::new(2026, 2, 3)));
        assert!(date(&json!({"d": "2026-02-31"}), "t", "d").is_err());
        assert!(date(&json!({"d": "yesterday"}), "t", "d").is_err());
    }

    #[test]
    fn a_custom_field_is_found_by_the_name_before_the_bar() {
        let service = json!({"customfields": {"customfield": {"id": "5", "name": "MSISDN|Phone number", "value": "07012345678"}}});
        assert_eq!(custom_field(&service, "msisdn").as_deref(), Some("07012345678"));
        assert_eq!(custom_field(&json!({"customfields": ""}), "MSISDN"), None);
    }
}
