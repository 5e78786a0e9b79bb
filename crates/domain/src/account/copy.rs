//! `/api/account/data`: a copy of everything that the portal holds of a person and their customer account.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// How a copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DataCopyState {
    /// None was asked for, or the last one is over.
    None,
    /// Being gathered.
    Gathering,
    /// Can be fetched once, with `POST /api/account/data/download`.
    Ready,
    /// Was fetched; another one can be asked for.
    Fetched,
    /// Could not be made; it can be asked for again.
    Failed,
}

impl DataCopyState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gathering => "gathering",
            Self::Ready => "ready",
            Self::Fetched => "fetched",
            Self::Failed => "failed",
        }
    }
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Gathering, Self::Ready, Self::Fetched, Self::Failed].into_iter().find(|s| s.name() == name)
    }
}

/// Reply of `GET` and `POST /api/account/data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DataCopy {
    pub state: DataCopyState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Gone after this, fetched or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}
