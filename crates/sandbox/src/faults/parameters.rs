//! The parameters of a call: what a fault may look for, and what the log of calls keeps.

use std::collections::BTreeMap;

use serde_json::Value;

/// Stands in the log where a secret stood.
const MASK: &str = "***";
/// Most parameters that the log keeps of a call.
const MOST: usize = 60;
/// Bytes of a value that are looked at: the longest query, but not a file.
const COLLECTED: usize = 20_000;
/// Characters of a value that the log keeps.
const LONGEST: usize = 300;

/// Parts of names whose values are secret: credentials, tokens, cards. Personal data is not among them: every person
/// here is made up.
const SECRET: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "accesskey",
    "authkey",
    "oemkey",
    "assertion",
    "token",
    "card_number",
    "cardnum",
    "cvv",
    "cvc",
    "bank_account",
];

/// Whether the log must not show values under this name.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// Names and values in the order of the call; nested members have dotted names: `order.AccountId`, `requestDatas.0.account`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let mut value = value.into();
        if value.len() > COLLECTED {
            value.truncate(value.floor_char_boundary(COLLECTED));
        }
        self.0.push((name.into(), value));
    }

    /// Takes the scalars of a document under their dotted names; nulls are left out.
    pub(crate) fn add_json(&mut self, prefix: &str, value: &Value) {
        let inner = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
        match value {
            Value::Null => {}
            Value::Object(members) => members.iter().for_each(|(key, value)| self.add_json(&inner(key), value)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.add_json(&inner(&at.to_string()), item));
            }
            Value::String(text) => self.add(prefix, &text[..text.floor_char_boundary(COLLECTED)]),
            other => self.add(prefix, other.to_string()),
        }
    }

    /// The value of this whole name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// See [`super::Aim::parameters`].
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(key, found)| {
            names(key, name)
                && (found == value || (last_part(key) == "q" && !value.is_empty() && found.contains(value)))
        })
    }

    /// What the log keeps: secrets masked, long values cut, not too many.
    pub(crate) fn for_the_log(&self) -> BTreeMap<String, String> {
        let shown = |key: &str, value: &str| {
            if is_secret(key) {
                return MASK.to_owned();
            }
            match value.char_indices().nth(LONGEST) {
                Some((at, _)) => format!("{}… ({} bytes)", &value[..at], value.len()),
                None => value.to_owned(),
            }
        };
        let mut kept: BTreeMap<String, String> =
            self.0.iter().take(MOST).map(|(key, value)| (key.clone(), shown(key, value))).collect();
        if self.0.len() > MOST {
            kept.insert("…".to_owned(), format!("{} more", self.0.len() - MOST));
        }
        kept
    }
}

fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Whether a parameter goes by this name.
pub(crate) fn names(key: &str, wanted: &str) -> bool {
    wanted == "*" || key.eq_ignore_ascii_case(wanted) || last_part(key).eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_found_by_their_whole_or_last_name_and_in_queries() {
        let mut parameters = Parameters::default();
        parameters.add_json("", &json!({ "requestDatas": [{ "account": "0700", "n": 5, "none": null }], "ok": true }));
        parameters.add("q", "SELECT Id FROM Case WHERE AccountId = '001A'");
        for (name, value) in
            [("account", "0700"), ("ACCOUNT", "0700"), ("requestDatas.0.account", "0700"), ("*", "001A"), ("n", "5")]
        {
            assert!(parameters.has(name, value), "{name}");
        }
        for (name, value) in [("account", "070"), ("datas.0.account", "0700"), ("q", ""), ("*", "001B"), ("none", "")] {
            assert!(!parameters.has(name, value), "{name}");
        }
    }

    #[test]
    fn the_log_keeps_no_secrets_and_nothing_long() {
        let mut parameters = Parameters::default();
        for name in [
            "secret",
            "password2",
            "accesskey",
            "authKey",
            "oemKey",
            "assertion",
            "access_token",
            "card_number",
            "cardnum",
            "card_cvv",
            "client_secret",
        ] {
            parameters.add(name, "hidden-value");
        }
        parameters.add("body", "あ".repeat(1_000));
        let kept = parameters.for_the_log();
        assert!(!format!("{kept:?}").contains("hidden-value"), "{kept:?}");
        assert_eq!(kept["secret"], MASK);
        assert!(kept["body"].chars().count() < 330 && kept["body"].contains("3000 bytes"), "{}", kept["body"]);
        let many = Parameters::of((0..1_000).map(|n| (n.to_string(), String::new())));
        assert!(many.for_the_log().len() <= MOST + 1);
    }
}
