//! Reading what a person typed: fields by name, with a sentence for what is wrong.

use std::str::FromStr;

use actix_web::web;

/// The fields of a form or of an address, in order.
pub(crate) type Sent = web::Form<Vec<(String, String)>>;
pub(crate) type Asked = web::Query<Vec<(String, String)>>;

/// Access by name; blanks around a value do not count.
pub(crate) struct Fields<'a>(pub &'a [(String, String)]);

impl<'a> Fields<'a> {
    /// The value, `""` when there is none.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// The value, `None` when it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&'a str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The value of a field that was sent, as it was typed, else `default`: what a form shows again after a refusal.
    pub(crate) fn again(&self, name: &str, default: &'a str) -> &'a str {
        self.0.iter().find(|(key, _)| key == name).map_or(default, |(_, value)| value)
    }

    /// A ticked box.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    /// A number within limits.
    ///
    /// # Errors
    /// A sentence with the label and the limits.
    pub(crate) fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        label: &str,
        limits: std::ops::RangeInclusive<T>,
    ) -> Result<T, String> {
        let number = self.text(name).parse::<T>().ok().filter(|number| limits.contains(number));
        number.ok_or_else(|| format!("{label}: write a whole number from {} to {}.", limits.start(), limits.end()))
    }

    /// As [`Fields::number`]; an empty field is `None`.
    ///
    /// # Errors
    /// As [`Fields::number`].
    pub(crate) fn optional<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        label: &str,
        limits: std::ops::RangeInclusive<T>,
    ) -> Result<Option<T>, String> {
        self.given(name).map(|_| self.number(name, label, limits)).transpose()
    }

    /// Where the form wants to go afterwards: a path of this console, else `default`.
    pub(crate) fn back(&self, default: &str) -> String {
        let own = |path: &&str| {
            path.starts_with('/')
                && !path.starts_with("//")
                && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/?=&-_.%+".contains(&b))
        };
        self.given("back").filter(own).unwrap_or(default).to_owned()
    }
}

/// A path and query with values that cannot break out: `address("/console/calls", &[("q", "a&b")])`. Empty values are
/// left out.
pub(crate) fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    let given: Vec<_> = query.iter().filter(|(_, value)| !value.is_empty()).collect();
    if given.is_empty() {
        return path.to_owned();
    }
    for (name, value) in given {
        text.append_pair(name, value);
    }
    format!("{path}?{}", text.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_leads_back_only_into_the_console() {
        for (back, expected) in [
            ("/console/orders?show=draft", "/console/orders?show=draft"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/x\r\nSet-Cookie: a=b", "/"),
            ("", "/"),
        ] {
            assert_eq!(Fields(&fields(&[("back", back)])).back("/"), expected, "{back}");
        }
    }

    #[test]
    fn a_number_outside_its_limits_is_explained() {
        let sent = fields(&[("days", "99"), ("none", " ")]);
        let sent = Fields(&sent);
        assert_eq!(sent.number("days", "Days", 0..=28), Err("Days: write a whole number from 0 to 28.".to_owned()));
        assert_eq!(sent.number("days", "Days", 0..=100), Ok(99));
        assert_eq!(sent.optional("none", "None", 0..=1), Ok(None));
    }

    #[test]
    fn an_address_keeps_its_values_apart() {
        assert_eq!(address("/a", &[("q", "x&y=\"<z>"), ("empty", "")]), "/a?q=x%26y%3D%22%3Cz%3E");
        assert_eq!(address("/a", &[]), "/a");
    }
}
