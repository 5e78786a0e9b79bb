//! What can go wrong, and where each kind makes sense.

use serde::{Deserialize, Serialize};

/// One of the upstream systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// REST and OAuth.
    Salesforce,
    /// The gRPC event bus.
    PubSub,
    /// Billing.
    Whmcs,
    /// SIM management.
    Freebit,
}

/// On which side of the effect a delay lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelayPoint {
    /// The call waits, then does its work.
    BeforeCommit,
    /// The work is done, the answer waits.
    AfterCommit,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FaultKind {
    /// An HTTP status in the system's own error shape, with an optional `Retry-After` in seconds. Nothing is done.
    Status(u16, Option<u32>),
    /// The connection is closed before anything is done.
    DropBefore,
    /// The effect is done, then the connection is closed without an answer: a lost reply.
    DropAfterCommit,
    /// Milliseconds of waiting, before or after the effect.
    Delay(u64, DelayPoint),
    /// The effect is done and the answer is cut in the middle.
    Garbled,
    /// A business refusal in the system's own shape. Salesforce and Freebit take a leading code:
    /// `FIELD_CUSTOM_VALIDATION_EXCEPTION: text`, `400-303`.
    Refuse(String),
    /// 503 with an HTML page from a proxy. Nothing is done.
    Html503,
    /// The effect is done; status 200 with an HTML page from a proxy in place of the answer.
    Html200,
    /// The effect is done and the answer is whole, but its content type says `text/html`.
    Mislabelled,
    /// The effect is done; the answer comes in so many pieces with a pause before each, milliseconds.
    Drip {
        /// At least 1; an answer with fewer bytes has fewer pieces, with the pauses in front of the first.
        pieces: u32,
        /// Milliseconds before each piece.
        pause_ms: u64,
    },
    /// The effect is done; the answer is followed by so many megabytes of blanks, which JSON allows.
    TooLarge {
        /// 1 000 000 bytes each.
        megabytes: u32,
    },
    /// WHMCS only: 200, `result` `success` and this `warning`, without the members of an answer. Nothing is done.
    SoftFailure(String),
    /// The session of the call really ends, and the call is refused as the system refuses an expired one: a Salesforce token
    /// (401 `INVALID_SESSION_ID`, over gRPC UNAUTHENTICATED), a Freebit `authKey` (210-2). WHMCS has no sessions.
    ExpiredSession,
    /// Pub/Sub delivery: every event of the batch comes twice with the same id, in the same batch as far as the client asked
    /// for so many, else in the next one.
    Duplicate,
    /// Pub/Sub delivery: the events of a batch of two or more come in reverse order.
    Reorder,
    /// Pub/Sub delivery: the stream is reset (RST_STREAM, without a status or trailers) after so many more of its events.
    Reset {
        /// Events that still arrive.
        after: u32,
    },
    /// Pub/Sub delivery: UNAVAILABLE `service.unavailable` after so many more events of the stream.
    Interrupt {
        /// Events that still arrive.
        after: u32,
    },
    /// Pub/Sub delivery: nothing comes any more, no event, no sign of life and no end, until the client leaves.
    Silent,
    /// Pub/Sub: a subscription that names a replay id is told that it is corrupted.
    CorruptedReplayId,
}

/// Operation under which events are delivered to a stream.
pub(crate) const DELIVER: &str = "deliver";
/// Operation of the empty answer that shows life.
pub(crate) const KEEP_ALIVE: &str = "keep-alive";
/// Operation of going on after a replay id.
pub(crate) const REPLAY: &str = "replay";

impl FaultKind {
    /// Whether the system can fail in this way at all.
    #[must_use]
    pub fn suits(&self, system: System) -> bool {
        match self {
            Self::Status(..)
            | Self::DropBefore
            | Self::DropAfterCommit
            | Self::Delay(..)
            | Self::Garbled
            | Self::Refuse(_)
            | Self::Html503 => true,
            Self::Html200 | Self::Mislabelled | Self::Drip { .. } | Self::TooLarge { .. } => system != System::PubSub,
            Self::SoftFailure(_) => system == System::Whmcs,
            Self::ExpiredSession => system != System::Whmcs,
            Self::Duplicate
            | Self::Reorder
            | Self::Reset { .. }
            | Self::Interrupt { .. }
            | Self::Silent
            | Self::CorruptedReplayId => system == System::PubSub,
        }
    }

    /// Whether it can strike at this point: the first of a call's names. Only events can come twice, only a replay id can be
    /// corrupted. What is left out of `operation` is so at every point where it makes sense.
    pub(crate) fn strikes_at(&self, point: &str, events: usize) -> bool {
        match (self, point) {
            (Self::CorruptedReplayId, point) => point == REPLAY,
            (_, REPLAY) => false,
            (Self::Silent, point) => matches!(point, DELIVER | KEEP_ALIVE),
            (_, KEEP_ALIVE) => false,
            (Self::Reorder, point) => point == DELIVER && events > 1,
            (Self::Duplicate | Self::Reset { .. } | Self::Interrupt { .. }, point) => point == DELIVER,
            _ => true,
        }
    }
}

/// A fault that waits for its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The system it concerns.
    pub system: System,
    /// Only this operation, compared without regard to case: `AddOrder`, `composite`, `query`, `Order.update`,
    /// `mvno/esim/addAcnt`, `Subscribe`. `None` = every operation of the system.
    #[serde(default)]
    pub operation: Option<String>,
    /// What happens.
    pub kind: FaultKind,
    /// How often it strikes; `None` = until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

/// Names an added fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultId(pub u64);
