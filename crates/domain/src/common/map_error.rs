//! What a mapper says when a provider's answer cannot be understood.

use thiserror::Error;

/// A provider's answer does not fit its contract. The value itself is not kept: it may be personal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}: {field} {reason}")]
pub struct MapError {
    /// The kind of record, such as `WHMCS invoice`.
    pub what: &'static str,
    /// The member that is wrong, in the provider's spelling.
    pub field: String,
    /// What is wrong with it, without its value.
    pub reason: &'static str,
}

impl MapError {
    pub fn new(what: &'static str, field: impl Into<String>, reason: &'static str) -> Self {
        Self { what, field: field.into(), reason }
    }
    pub fn missing(what: &'static str, field: impl Into<String>) -> Self {
        Self::new(what, field, "is missing")
    }
}
