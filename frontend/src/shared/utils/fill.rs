//! Values in texts: `"Order {number}"`.

/// Replaces every `{name}` by its value. A name without a value stays, so that a mistake is seen.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (name, value) in values {
        filled = filled.replace(&["{", name, "}"].concat(), value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn names_become_values() {
        assert_eq!(fill("{a} of {b}, {a}", &[("a", "1"), ("b", "2")]), "1 of 2, 1");
        assert_eq!(fill("{c}", &[("a", "1")]), "{c}");
    }

    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }
    fn walk<'v>(value: &'v Value, path: &str, found: &mut Vec<(String, &'v str)>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(k, v)| walk(v, &format!("{path}.{k}"), found)),
            Value::String(text) => found.push((path.to_owned(), text)),
            other => panic!("{path} is neither text nor group: {other}"),
        }
    }

    #[test]
    fn both_languages_have_the_same_keys_with_the_same_names_and_real_texts() {
        for (en, ja) in [
            (include_str!("../../../locales/en.json"), include_str!("../../../locales/ja.json")),
            (include_str!("../../../locales/en.later.json"), include_str!("../../../locales/ja.later.json")),
        ] {
            let (en, ja): (Value, Value) = (serde_json::from_str(en).unwrap(), serde_json::from_str(ja).unwrap());
            let (mut english, mut japanese) = (Vec::new(), Vec::new());
            walk(&en, "", &mut english);
            walk(&ja, "", &mut japanese);
            assert!(english.len() > 80, "only {} texts", english.len());
            let keys = |texts: &[(String, &str)]| texts.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>();
            assert_eq!(keys(&english), keys(&japanese));
            for ((key, en), (_, ja)) in english.iter().zip(&japanese) {
                assert!(!en.trim().is_empty() && !ja.trim().is_empty(), "{key} is empty");
                // English greets by the given name, Japanese by the whole one.
                if key != ".dashboard.hello" {
                    assert_eq!(names(en), names(ja), "{key}");
                }
            }
        }
    }

    #[test]
    fn a_key_finds_its_text_in_either_file() {
        use domain::common::text::Language;
        assert_eq!(crate::tr!(nav.plans).get(Language::En), "Plans");
        assert_eq!(crate::tr!(nav.plans).get(Language::Ja), "料金プラン");
        assert_eq!(crate::tr!(wizard.place).get(Language::En), "Place order");
    }
}
