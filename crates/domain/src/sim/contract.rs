//! What the browser learns about a SIM line.

use crate::Date;
use crate::catalog::SimKind;
use crate::sim::units::Kilobytes;
use serde::{Deserialize, Serialize};

/// State of a line at the carrier (Freebit `getDetail` `state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Being opened.
    Waiting,
    Active,
    Suspended,
    Temporary,
    Obsolete,
    /// A state that this release does not know; never treated as active.
    Unknown,
}

/// Radio network (Freebit `contractLine`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Network {
    #[serde(rename = "4G")]
    FourG,
    #[serde(rename = "5G")]
    FiveG,
}

/// A SIM line. Identifiers of the card are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SimLine {
    /// Digits only.
    pub number: String,
    pub state: LineState,
    pub kind: SimKind,
    pub network: Option<Network>,
    pub started_on: Option<Date>,
    /// `••••4567`
    pub iccid_masked: Option<String>,
    /// Data left this month, kilobytes (1 MB = 1000 KB).
    pub remaining_kb: Option<Kilobytes>,
    pub voicemail: bool,
    pub call_waiting: bool,
    pub roaming: bool,
    /// The carrier is working on a change.
    pub change_running: bool,
}

/// `070-0123-4567`: an eleven-digit mobile number as people write it; other lengths unchanged.
pub fn national_format(digits: &str) -> String {
    match (digits.len(), digits.is_ascii()) {
        (11, true) => format!("{}-{}-{}", &digits[..3], &digits[3..7], &digits[7..]),
        _ => digits.to_owned(),
    }
}
