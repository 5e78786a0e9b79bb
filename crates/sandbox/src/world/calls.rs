//! The log of upstream calls.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{World, lock};
use crate::faults::{FaultKind, Parameters, Struck, System, names};

/// How many calls the log keeps.
pub(crate) const CALL_LOG: usize = 500;

/// One upstream call as the sandbox saw it.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Counts up by one a call and goes on over a reset; the first call has 1.
    pub sequence: u64,
    /// Which system was called.
    pub system: System,
    /// The system's name for the operation: `AddOrder`, `Order.update`, `mvno/getDetail`.
    pub operation: String,
    /// When it arrived by the world's clock, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// How long it took by the machine's clock, milliseconds.
    pub took_ms: i64,
    /// HTTP status of the answer; `None` over gRPC and when no answer was sent.
    pub status: Option<u16>,
    /// Status, or the system's own result.
    pub outcome: String,
    /// What the caller sent, nested members under dotted names. Secrets are masked, long values cut.
    pub parameters: BTreeMap<String, String>,
    /// The fault that struck.
    pub fault: Option<FaultKind>,
}

/// Which calls of the log; what is left out says nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallFilter {
    /// Only this system.
    pub system: Option<System>,
    /// Only this operation, without regard to case.
    pub operation: Option<String>,
    /// Only calls after this sequence number.
    pub since: Option<u64>,
    /// Only this HTTP status, or a class of them: `503`, `5xx`.
    pub status: Option<String>,
    /// Only calls with a parameter of this name, or of this name and value: `clientid`, `clientid=7`. Names as in
    /// [`crate::Aim::parameters`].
    pub parameter: Option<String>,
}

impl CallFilter {
    /// Whether the call is wanted.
    #[must_use]
    pub fn fits(&self, call: &Call) -> bool {
        self.system.is_none_or(|system| call.system == system)
            && self.operation.as_ref().is_none_or(|name| call.operation.eq_ignore_ascii_case(name.trim_matches('/')))
            && self.since.is_none_or(|since| call.sequence > since)
            && self.status.as_ref().is_none_or(|wanted| has_status(call, wanted))
            && self.parameter.as_ref().is_none_or(|wanted| has_parameter(call, wanted))
    }
}

fn has_status(call: &Call, wanted: &str) -> bool {
    let Some(status) = call.status else { return false };
    match wanted.strip_suffix("xx") {
        Some(class) => class.parse() == Ok(status / 100),
        None => wanted.parse() == Ok(status),
    }
}

fn has_parameter(call: &Call, wanted: &str) -> bool {
    let (name, value) = wanted.split_once('=').map_or((wanted, None), |(name, value)| (name, Some(value)));
    call.parameters.iter().any(|(key, found)| names(key, name) && value.is_none_or(|value| found == value))
}

/// The last calls, oldest first.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    last: u64,
    calls: VecDeque<Call>,
}

impl CallLog {
    pub(super) fn forget(&mut self) {
        self.calls.clear();
    }
}

/// What the gate knows of a call when it is over.
pub(crate) struct Ended<'a> {
    pub system: System,
    pub operation: String,
    pub started: Instant,
    pub status: Option<u16>,
    pub outcome: String,
    pub parameters: &'a Parameters,
    pub struck: Option<Struck>,
}

impl World {
    /// Logs what the sandbox sent by itself, such as a hook: without status and parameters.
    pub(crate) fn log_call(&self, system: System, operation: String, started: Instant, outcome: String) {
        let parameters = &Parameters::default();
        self.log_ended(Ended { system, operation, started, status: None, outcome, parameters, struck: None });
    }

    pub(crate) fn log_ended(&self, ended: Ended<'_>) {
        let Ended { system, operation, started, status, outcome, parameters, struck } = ended;
        tracing::debug!(?system, %operation, %outcome, "upstream call");
        // How long it took is the machine's time: the world's clock may stand still.
        let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let at_ms = self.now_ms().saturating_sub(took_ms);
        let (parameters, fault) = (parameters.for_the_log(), struck.map(|struck| struck.kind));
        let mut log = lock(&self.inner.calls);
        if log.calls.len() == CALL_LOG {
            log.calls.pop_front();
        }
        log.last += 1;
        let sequence = log.last;
        log.calls.push_back(Call { sequence, system, operation, at_ms, took_ms, status, outcome, parameters, fault });
    }

    /// The last upstream calls, oldest first, at most 500.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.inner.calls).calls.iter().cloned().collect()
    }

    /// The calls after a sequence number, oldest first: 0 = all that are kept.
    pub fn calls_since(&self, sequence: u64) -> Vec<Call> {
        self.calls_that(&CallFilter { since: Some(sequence), ..CallFilter::default() })
    }

    /// The calls that fit, oldest first.
    pub fn calls_that(&self, filter: &CallFilter) -> Vec<Call> {
        lock(&self.inner.calls).calls.iter().filter(|call| filter.fits(call)).cloned().collect()
    }

    /// The sequence number of the newest call, 0 before the first: a mark for [`World::calls_since`].
    pub fn last_call(&self) -> u64 {
        lock(&self.inner.calls).last
    }

    /// Forgets the calls so far. Sequence numbers go on.
    pub fn forget_calls(&self) {
        lock(&self.inner.calls).forget();
    }
}
