//! Text that an operator writes in both languages.

use serde::{Deserialize, Serialize};

/// The languages of the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Ja,
}

/// One text in English and Japanese.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LocalText {
    pub en: String,
    pub ja: String,
}

impl LocalText {
    /// The text in a language; the other one when an operator has left it empty.
    pub fn get(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::En => (&self.en, &self.ja),
            Language::Ja => (&self.ja, &self.en),
        };
        if first.is_empty() { second } else { first }
    }
}
