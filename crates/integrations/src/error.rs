//! What can go wrong with a call to another system, as far as callers act differently on it.

use crate::words::is_known;
use domain::common::map_error::MapError;
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// The systems that the portal depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    Salesforce,
    Whmcs,
    Freebit,
}

impl Provider {
    /// The form in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Salesforce => "salesforce",
            Self::Whmcs => "whmcs",
            Self::Freebit => "freebit",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failed call. `Display` says what happened without the other system's text; the text (redacted) is in the kind, for
/// the log only.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{provider} {operation}: {kind}")]
pub struct UpstreamError {
    pub provider: Provider,
    /// What was asked, such as `AddOrder`.
    pub operation: &'static str,
    pub kind: UpstreamErrorKind,
}

/// What the caller may conclude.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpstreamErrorKind {
    /// Nothing was done: nothing was sent, they asked us to wait, or it was a read. Try again later.
    #[error("is not available")]
    Unavailable {
        /// When they said how long to wait.
        retry_after: Option<Duration>,
    },
    /// The call was sent, was not a plain read, and no usable answer came: it may have been done. Look before sending again.
    #[error("gave no usable answer; the call may have been carried out")]
    OutcomeUnknown,
    /// Understood and rejected; nothing was done.
    #[error("refused the call")]
    Refused {
        /// Their words, redacted. For the log, never for a customer.
        reason: String,
    },
    /// There is no such thing.
    #[error("knows no such thing")]
    NotFound,
    /// The answer does not fit its contract; for a write, the effect is done.
    #[error("answered in a form that does not fit its contract")]
    Garbled {
        /// What does not fit, without values. For the log.
        detail: String,
    },
    /// Our credentials or rights are not accepted.
    #[error("does not accept our credentials")]
    Denied,
}

impl UpstreamErrorKind {
    /// The form in metrics and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Refused { .. } => "refused",
            Self::NotFound => "not_found",
            Self::Garbled { .. } => "garbled",
            Self::Denied => "denied",
        }
    }

    pub(crate) fn refused(reason: &str) -> Self {
        Self::Refused { reason: redact(reason) }
    }
    pub(crate) const fn unavailable() -> Self {
        Self::Unavailable { retry_after: None }
    }
    pub(crate) fn garbled(detail: impl Into<String>) -> Self {
        Self::Garbled { detail: detail.into() }
    }
}

impl From<MapError> for UpstreamErrorKind {
    fn from(error: MapError) -> Self {
        Self::garbled(error.to_string())
    }
}

impl UpstreamError {
    pub(crate) fn new(provider: Provider, operation: &'static str, kind: UpstreamErrorKind) -> Self {
        Self { provider, operation, kind }
    }
}

/// Their text without what may be personal: of the words only those that [`crate::words`] knows, of the numbers only those of
/// one or two digits; at most 300 characters.
pub fn redact(text: &str) -> String {
    let words: Vec<String> = text.chars().take(600).collect::<String>().split_whitespace().map(redact_word).collect();
    let mut out = String::with_capacity(words.len() * 8);
    for word in words {
        // Groups of one number (`070 1234 5678`) become one mask.
        if word == MASK && out.ends_with(MASK) {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out.chars().take(300).collect()
}

const MASK: &str = "•••";

fn redact_word(word: &str) -> String {
    let digits = word.chars().filter(|c| c.is_numeric()).count();
    let small_number = digits > 0 && digits <= 2 && word.chars().all(|c| c.is_numeric() || c.is_ascii_punctuation());
    if small_number || (digits == 0 && is_known(word)) { word.to_owned() } else { MASK.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_personal_is_masked() {
        assert_eq!(redact("Email: invalid email address: mika@example.com."), "Email: invalid email address: •••");
        assert_eq!(redact("number 070-1234-5678 in use"), "number ••• in use");
        assert_eq!(redact("number 070 1234 5678 in use"), "number ••• in use");
        assert_eq!(redact("no credit for Mika Sato of Birdcage Lane"), "no credit for ••• of •••");
        assert_eq!(redact("eid=89049032000000000000000000000001"), "•••");
        assert_eq!(redact("Order ID not found or Status not Pending"), "Order ID not found or Status not Pending");
        assert_eq!(redact("Error 400 at line 12"), "Error ••• at line 12");
        assert!(redact(&"a".repeat(1000)).len() <= 300);
    }

    #[test]
    fn display_keeps_their_words_to_itself() {
        let kind = UpstreamErrorKind::refused("Sato is not allowed");
        let error = UpstreamError::new(Provider::Whmcs, "AddOrder", kind);
        assert_eq!(error.to_string(), "whmcs AddOrder: refused the call");
    }
}
