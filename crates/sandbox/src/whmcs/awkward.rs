//! The forms that other installations and versions answer in: same facts, every quirk at once.

use serde_json::{Map, Value};

/// Numbers become texts (but the paging count, which clients add up), empty lists `""`, one element stands without
/// its list, longer lists become objects with number keys, text is HTML-encoded as it is stored.
pub(crate) fn twist(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::String(text) => Value::String(encode(&text)),
        Value::Array(mut items) => match items.len() {
            0 => Value::String(String::new()),
            1 => twist(items.remove(0)),
            _ => Value::Object(items.into_iter().enumerate().map(|(at, item)| (at.to_string(), twist(item))).collect()),
        },
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let value = if name == "numreturned" { value } else { twist(value) };
                    (name, value)
                })
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

pub(crate) fn encode(text: &str) -> String {
    text.replace('&', "&amp;").replace('\'', "&#039;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_quirk_is_there() {
        let plain = json!({ "totalresults": 2, "numreturned": 2, "a": [], "b": [{ "id": 1 }], "c": [1, 2], "n": "A & B's", "t": true });
        let twisted = json!({
            "totalresults": "2", "numreturned": 2, "a": "", "b": { "id": "1" }, "c": { "0": "1", "1": "2" }, "n": "A &amp; B&#039;s", "t": true
        });
        assert_eq!(twist(plain), twisted);
    }
}
