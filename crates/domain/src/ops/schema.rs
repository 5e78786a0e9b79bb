//! Acts of staff. Each needs a reason, which is kept for ever in the log of what happened.

use crate::common::validation::failure;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// Fewest and most characters of a reason.
pub const REASON_LENGTH: std::ops::RangeInclusive<usize> = 3..=500;

/// Body of an act on one job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, for whoever reads the log later: 3 to 500 characters, no customer's name, address or number.
    #[serde(default)]
    #[validate(custom(function = "reason"))]
    pub reason: String,
}

/// Body of retrying every dead job of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RetryDead {
    /// Kind of job, such as `provision`.
    #[serde(default)]
    #[validate(custom(function = "kind"))]
    pub kind: String,
    #[serde(default)]
    #[validate(custom(function = "reason"))]
    pub reason: String,
}

/// How an order stands after a person has put it right in the other systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HandOutcome {
    /// Every ordered service works: staff have looked.
    Active,
    /// Nothing of the order is left in billing or at the carrier: staff have taken it back.
    Rejected,
}

impl HandOutcome {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rejected => "rejected",
        }
    }
}

/// Body of settling a run by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settle {
    pub outcome: HandOutcome,
    #[serde(default)]
    #[validate(custom(function = "reason"))]
    pub reason: String,
}

/// The rule of every reason.
///
/// # Errors
/// `reason_missing` or `reason_long`.
pub fn reason(value: &str) -> Result<(), ValidationError> {
    let length = value.trim().chars().count();
    if length < *REASON_LENGTH.start() {
        return Err(failure("reason_missing", "Say why, in at least 3 characters."));
    }
    if length > *REASON_LENGTH.end() {
        return Err(failure("reason_long", "Use at most 500 characters."));
    }
    Ok(())
}

fn kind(value: &str) -> Result<(), ValidationError> {
    if (1..=40).contains(&value.len()) { Ok(()) } else { Err(failure("required", "Name the kind of job.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_short_text_whatever_its_script() {
        assert!(reason("済み。").is_ok() && reason(&"理".repeat(500)).is_ok());
        for (bad, code) in [("", "reason_missing"), ("  ok  ", "reason_missing"), (&"x".repeat(501), "reason_long")] {
            assert_eq!(reason(bad).unwrap_err().code, code, "{bad:?}");
        }
        let missing: Reason = serde_json::from_str("{}").unwrap();
        assert!(missing.validate().is_err(), "a missing reason breaks a rule; it is not unreadable");
    }
}
