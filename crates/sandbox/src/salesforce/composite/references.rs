//! References to earlier results: `@{order.id}` in an address or in any text of a body.

use std::collections::HashMap;

use serde_json::Value;

use crate::salesforce::error::SfError;

/// What the requests so far answered, by their reference ids.
pub(super) type Results = HashMap<String, Value>;

/// Puts earlier results in place of references, in any text of a body.
pub(super) fn fill(value: &Value, results: &Results) -> Result<Value, SfError> {
    Ok(match value {
        Value::String(text) => {
            // A reference that is the whole text takes the value with its type.
            if let Some(inner) = text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}'))
                && !inner.contains("@{")
            {
                look_up(inner, results)?
            } else {
                Value::String(fill_text(text, results)?)
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, results)).collect::<Result<_, _>>()?),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| Ok((name.clone(), fill(value, results)?)))
                .collect::<Result<_, SfError>>()?,
        ),
        other => other.clone(),
    })
}

pub(super) fn fill_text(text: &str, results: &Results) -> Result<String, SfError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let (reference, after) = after
            .split_once('}')
            .ok_or_else(|| SfError::bad("PROCESSING_HALTED", "Invalid reference specified: missing '}'"))?;
        filled.push_str(before);
        match look_up(reference, results)? {
            Value::String(text) => filled.push_str(&text),
            other => filled.push_str(&other.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `order.id`, `found.records[0].Id`: case-sensitive.
fn look_up(reference: &str, results: &Results) -> Result<Value, SfError> {
    let invalid = || {
        SfError::bad(
            "PROCESSING_HALTED",
            format!(
                "Invalid reference specified. No value for {reference} found in {}",
                reference.split('.').next().unwrap_or_default()
            ),
        )
    };
    let mut steps = reference.split(['.', '[']);
    let mut value = results.get(steps.next().ok_or_else(invalid)?).ok_or_else(invalid)?;
    for step in steps {
        value = match step.strip_suffix(']') {
            Some(index) => value.get(index.parse::<usize>().map_err(|_| invalid())?),
            None => value.get(step),
        }
        .ok_or_else(invalid)?;
    }
    if value.is_object() || value.is_array() { Err(invalid()) } else { Ok(value.clone()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_filled_in_anywhere() {
        let results = HashMap::from([
            ("order".to_owned(), json!({ "id": "801X" })),
            ("found".to_owned(), json!({ "totalSize": 2, "records": [{ "Id": "001A" }, { "Id": "001B" }] })),
        ]);
        let body =
            json!({ "OrderId": "@{order.id}", "Note": "for @{found.records[1].Id}!", "N": "@{found.totalSize}" });
        assert_eq!(fill(&body, &results).unwrap(), json!({ "OrderId": "801X", "Note": "for 001B!", "N": 2 }));
        assert_eq!(fill(&json!("@{order.Id}"), &results).unwrap_err().code, "PROCESSING_HALTED");
        assert_eq!(fill(&json!("@{nobody.id}"), &results).unwrap_err().code, "PROCESSING_HALTED");
        assert_eq!(fill_text("x@{order.id", &results).unwrap_err().code, "PROCESSING_HALTED");
    }
}
