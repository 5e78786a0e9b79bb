//! Personal data that cannot be printed by accident.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Personal data (a name, a mail address, a phone number). `Debug` and `Display` mask it; [`Pii::reveal`] is the one way
/// to read it, visible to a reviewer. It does serialise, because the API answers its owner with it.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }
    /// The value itself. Never hand it to a log, a metric or an error text.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}
impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}
impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// Shows the last four characters only: `••••1234`. Shorter values are masked whole.
pub fn mask_tail(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    if chars.len() < 8 {
        return "••••".to_owned();
    }
    std::iter::once("••••".to_owned()).chain(chars[chars.len() - 4..].iter().map(char::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_does_not_print() {
        let mail = Pii::new("mika@example.com".to_owned());
        assert_eq!(format!("{mail:?} {mail} {:?}", Some(&mail)), "••• ••• Some(•••)");
        assert_eq!(mail.reveal(), "mika@example.com");
    }

    #[test]
    fn only_the_tail_of_a_long_value_shows() {
        assert_eq!(mask_tail("8981040000001234567"), "••••4567");
        assert_eq!(mask_tail("1234567"), "••••");
    }
}
