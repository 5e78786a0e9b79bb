//! The request body: a form with PHP's bracket arrays.

use std::collections::BTreeMap;

use super::Failure;
use crate::faults::Parameters;

pub(crate) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self { fields: url::form_urlencoded::parse(body).into_owned().collect() }
    }

    /// The fields that make out the request, without those that say whom it is from.
    pub(crate) fn fingerprint(&self) -> String {
        let own = ["identifier", "secret", "username", "password", "accesskey"];
        let fields = self.fields.iter().filter(|(key, _)| !own.contains(&key.as_str()));
        fields.map(|(key, value)| format!("{key}={value}\n")).collect()
    }

    /// Every field but the action, which is the call's name.
    pub(crate) fn parameters(&self) -> Parameters {
        Parameters::of(self.fields.iter().filter(|(key, _)| key != "action").cloned())
    }

    /// The last value of a field, as PHP takes it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.trim().to_owned())
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.trim().parse().ok()
    }

    /// Booleans as PHP reads them: everything but nothing, `0` and `false` is true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(Self::truth)
    }

    pub(crate) fn truth(value: &str) -> bool {
        !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false")
    }

    /// `name1=a&name2=b`: numbered names in place of an array, by number.
    pub(crate) fn numbered(&self, name: &str) -> BTreeMap<u32, &str> {
        let number = |key: &str| key.strip_prefix(name)?.parse().ok();
        self.fields.iter().filter_map(|(key, value)| Some((number(key)?, value.as_str()))).collect()
    }

    /// `name[0]=a&name[1]=b` by index; `name[]=a` counts up by itself.
    ///
    /// # Errors
    /// A scalar in place of the array is refused, as by 8.6 and later.
    pub(crate) fn array(&self, name: &str) -> Result<BTreeMap<usize, &str>, Failure> {
        let mut items = BTreeMap::new();
        for (key, value) in &self.fields {
            if key == name {
                return Err(Failure::message(format!("Expecting parameter '{name}' to be an array")));
            }
            let Some(index) =
                key.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')).and_then(|rest| rest.strip_suffix(']'))
            else {
                continue;
            };
            let index = match index {
                "" => items.last_key_value().map_or(0, |(last, _)| last + 1),
                digits => match digits.parse() {
                    Ok(index) => index,
                    Err(_) => continue,
                },
            };
            items.insert(index, value.as_str());
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bracket_arrays_are_read_in_every_form() {
        let form = Form::parse(b"pid%5B0%5D=1&pid[2]=3&qty[]=4&qty[]=5&b=0&action=X&action=Y");
        assert_eq!(form.array("pid").unwrap(), BTreeMap::from([(0, "1"), (2, "3")]));
        assert_eq!(form.array("qty").unwrap(), BTreeMap::from([(0, "4"), (1, "5")]));
        assert_eq!(form.get("action"), Some("Y"));
        assert!(!form.flag("b") && !form.flag("absent"));
        assert!(Form::parse(b"pid=1").array("pid").is_err());
    }
}
