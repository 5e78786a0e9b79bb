//! What success and failure look like in each system, for every operation: the documented answer and its odd twins, sent by a
//! server that speaks in bytes, and what the caller of the real client concludes. The members of replies have their rows in
//! `crates/domain/tests/it/shapes`, and so has the test that no operation is left out.

mod events;
mod freebit;
mod salesforce;
mod salesforce_bodies;
mod sign_in;
mod whmcs;

use crate::raw::{Answer, http};
use integrations::{UpstreamError, UpstreamErrorKind};

/// What a caller acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Done,
    Later,
    Unknown,
    Refused,
    Denied,
    NotFound,
    Garbled,
}

impl Class {
    /// Whether the client's breaker counts it as a system that does not answer: the next call is better made by a client that
    /// does not remember.
    pub fn is_remembered(self) -> bool {
        matches!(self, Self::Later | Self::Unknown)
    }
}

pub fn class<T>(result: &Result<T, UpstreamError>) -> Class {
    match result.as_ref().map_err(|error| &error.kind) {
        Ok(_) => Class::Done,
        Err(UpstreamErrorKind::Unavailable { .. }) => Class::Later,
        Err(UpstreamErrorKind::OutcomeUnknown) => Class::Unknown,
        Err(UpstreamErrorKind::Refused { .. }) => Class::Refused,
        Err(UpstreamErrorKind::Denied) => Class::Denied,
        Err(UpstreamErrorKind::NotFound) => Class::NotFound,
        Err(UpstreamErrorKind::Garbled { .. }) => Class::Garbled,
    }
}

/// Whether an operation reads or writes: no answer means nothing for one and anything for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
}

impl Effect {
    pub fn of(self, read: Class, write: Class) -> Class {
        match self {
            Self::Read => read,
            Self::Write => write,
        }
    }
}

pub fn json(status: &str, body: &str) -> Answer {
    http(status, "content-type: application/json;charset=UTF-8\r\n", body)
}

pub fn html(status: &str) -> Answer {
    http(status, "content-type: text/html\r\n", "<!DOCTYPE html><html><body>Down for maintenance</body></html>")
}
