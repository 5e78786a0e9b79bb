//! Checking and normalising field values on write.

use serde_json::{Value, json};

use super::error::SfError;
use super::schema::{Field, Kind};
use super::{ids, schema};
use crate::clock::{Date, parse_datetime, salesforce_datetime};

/// What is stored for a written value; `None` clears the field.
pub(crate) fn accept(field: &Field, value: &Value) -> Result<Option<Value>, SfError> {
    match value {
        Value::Null => return Ok((field.kind == Kind::Boolean).then_some(json!(false))),
        Value::String(text) if text.is_empty() && field.kind != Kind::Boolean => return Ok(None),
        _ => {}
    }
    let stored = match field.kind {
        Kind::Boolean => match value {
            Value::Bool(flag) => json!(flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => json!(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => json!(false),
            _ => return Err(unreadable(field, value)),
        },
        Kind::Int => {
            let number = match value {
                Value::Number(number) => number.as_i64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            json!(number.ok_or_else(|| unreadable(field, value))?)
        }
        Kind::Double | Kind::Currency => {
            let number = match value {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            match number.filter(|n| n.is_finite()) {
                Some(number) => json!(number),
                None => return Err(unreadable(field, value)),
            }
        }
        Kind::Date => {
            let text = value.as_str().ok_or_else(|| unreadable(field, value))?;
            let day = text.get(..10).filter(|_| text.len() == 10 || text.contains('T')).and_then(Date::parse_iso);
            json!(day.ok_or_else(|| unreadable(field, value))?.iso())
        }
        Kind::DateTime => {
            let text = value.as_str().ok_or_else(|| unreadable(field, value))?;
            json!(salesforce_datetime(parse_datetime(text).ok_or_else(|| unreadable(field, value))?))
        }
        Kind::Reference(..) | Kind::Linked(..) => {
            let text = value.as_str().ok_or_else(|| unreadable(field, value))?;
            let wrong = || {
                SfError::bad("MALFORMED_ID", format!("{}: id value of incorrect type: {text}", field.name))
                    .on(field.name)
            };
            let id = ids::normalize(text).ok_or_else(wrong)?;
            let (targets, _) = field.kind.targets();
            let fits = targets.iter().filter_map(|target| schema::find(target)).any(|o| id.starts_with(o.prefix));
            if !fits {
                return Err(wrong());
            }
            json!(id)
        }
        Kind::MultiPicklist(values) => {
            let text = text_of(field, value)?;
            let chosen: Vec<&str> = text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
            if let Some(odd) = chosen.iter().find(|part| !values.contains(part)) {
                let message = format!("{}: bad value for restricted picklist field: {odd}", label(field));
                return Err(SfError::bad("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(field.name));
            }
            // Kept in the order of the list, whatever the order of writing.
            let kept: Vec<&str> = values.iter().filter(|value| chosen.contains(value)).copied().collect();
            json!(kept.join(";"))
        }
        Kind::Base64 => {
            use base64::Engine;
            let text = value.as_str().ok_or_else(|| unreadable(field, value))?;
            // Line breaks are allowed, as MIME writers put them.
            let text: String = text.split_ascii_whitespace().collect();
            match base64::engine::general_purpose::STANDARD.decode(&text) {
                Ok(_) => json!(text),
                Err(_) => return Err(unreadable(field, value)),
            }
        }
        Kind::Picklist(values) => {
            let text = text_of(field, value)?;
            if !values.contains(&text.as_str()) {
                let message = format!("{}: bad value for restricted picklist field: {text}", label(field));
                return Err(SfError::bad("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(field.name));
            }
            json!(text)
        }
        Kind::Email => {
            let text = text_of(field, value)?;
            let valid = text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty()
                    && host.contains('.')
                    && !host.starts_with('.')
                    && !host.ends_with('.')
                    && !text.contains(' ')
            });
            if !valid {
                let message = format!("{}: invalid email address: {text}", label(field));
                return Err(SfError::bad("INVALID_EMAIL_ADDRESS", message).on(field.name));
            }
            checked_length(field, text)?
        }
        Kind::Id | Kind::Text(_) | Kind::LongText(_) | Kind::Phone | Kind::Url | Kind::OpenPicklist(_) => {
            let text = text_of(field, value)?;
            checked_length(field, text)?
        }
    };
    Ok(Some(stored))
}

fn label(field: &Field) -> String {
    field.name.trim_end_matches("__c").replace('_', " ")
}

fn text_of(field: &Field, value: &Value) -> Result<String, SfError> {
    match value {
        // Leading and trailing blanks are cut on save.
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(unreadable(field, value)),
    }
}

fn checked_length(field: &Field, text: String) -> Result<Value, SfError> {
    let limit = field.kind.length();
    if text.chars().count() > limit {
        let start: String = text.chars().take(255).collect();
        let message = format!("{}: data value too large: {start} (max length={limit})", label(field));
        return Err(SfError::bad("STRING_TOO_LONG", message).on(field.name));
    }
    Ok(json!(text))
}

fn unreadable(field: &Field, value: &Value) -> SfError {
    // A file's bytes do not belong into a message.
    let (type_name, token) = (field.kind.describe(), value.to_string().chars().take(255).collect::<String>());
    SfError::bad(
        "JSON_PARSER_ERROR",
        format!("Cannot deserialize instance of {type_name} from value {token} at field {}", field.name),
    )
    .on(field.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(object: &str, name: &str) -> &'static Field {
        schema::find(object).unwrap().field(name).unwrap()
    }

    #[test]
    fn values_are_normalised_as_the_system_stores_them() {
        assert_eq!(accept(field("Account", "Phone"), &json!("")), Ok(None));
        assert_eq!(accept(field("Product2", "IsActive"), &Value::Null), Ok(Some(json!(false))));
        let moment = accept(field("Order", "Activation_Scheduled_At__c"), &json!("2026-01-31T10:00:00+09:00")).unwrap();
        assert_eq!(moment, Some(json!("2026-01-31T01:00:00.000+0000")));
    }

    #[test]
    fn bad_values_have_the_documented_codes() {
        let code = |object: &str, name: &str, value: Value| accept(field(object, name), &value).unwrap_err().code;
        assert_eq!(code("Contact", "FirstName", json!("x".repeat(41))), "STRING_TOO_LONG");
        assert_eq!(code("Contact", "Email", json!("nobody")), "INVALID_EMAIL_ADDRESS");
        assert_eq!(code("Order", "Status", json!("Odd")), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
        assert_eq!(code("Order", "AccountId", json!("0035j00000000001AA")), "MALFORMED_ID");
        assert_eq!(code("Order", "EffectiveDate", json!("31.1.2026")), "JSON_PARSER_ERROR");
    }
}
