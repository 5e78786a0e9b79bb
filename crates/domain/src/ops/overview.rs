//! Reply of `/api/ops/overview`: how everything stands.

use crate::Timestamp;
use crate::orders::Stage;
use serde::{Deserialize, Serialize};

/// Jobs of one kind that are not finished.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueKind {
    pub kind: String,
    pub ready: u64,
    pub leased: u64,
    pub dead: u64,
    pub parked: u64,
    /// Age of the oldest job that is due and not taken; `None` when none is.
    pub oldest_due_seconds: Option<u64>,
}

/// Orders in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageCount {
    pub stage: Stage,
    pub orders: u64,
}

/// A process that leads at something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Leader {
    /// `subscriber` or `reconciler`.
    pub role: String,
    pub holder: String,
    /// Its lease has not ended.
    pub alive: bool,
}

/// How the event stream stands, as the worker that leads last said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamView {
    pub connected: bool,
    /// Since when.
    pub since: Timestamp,
    /// Why it is not connected: a code.
    pub error: Option<String>,
}

/// How the portal hears of approved orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriberView {
    pub leaders: Vec<Leader>,
    /// `None` before the first connection.
    pub stream: Option<StreamView>,
    /// When the replay position was last stored. It moves with every batch, also with an empty one (each four and a half
    /// minutes at the latest), so it is the sign of life of the stream.
    pub cursor_at: Option<Timestamp>,
    pub cursor_age_seconds: Option<u64>,
    /// When an event last came.
    pub last_event_at: Option<Timestamp>,
}

/// A connected system as one process sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpstreamView {
    pub process: String,
    /// `salesforce`, `whmcs` or `freebit`.
    pub provider: String,
    /// `closed`: calls go through. `half_open`: one call finds out. `open`: calls are held back.
    pub breaker: String,
    /// Calls in the last five minutes.
    pub calls: u32,
    /// Of those, without a usable answer.
    pub failed: u32,
    /// Of those, refused because of our credentials.
    pub denied: u32,
    pub p50_ms: Option<u32>,
    pub p99_ms: Option<u32>,
    pub at: Timestamp,
    /// Too old to be believed: the process has ended, or cannot write.
    pub stale: bool,
}

/// What is left in stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StockView {
    /// `msisdn` or `iccid`.
    pub kind: String,
    pub free: u64,
}

/// How everything stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    pub as_of: Timestamp,
    pub queue: Vec<QueueKind>,
    pub orders: Vec<StageCount>,
    pub subscriber: SubscriberView,
    pub upstreams: Vec<UpstreamView>,
    pub stock: Vec<StockView>,
    /// Differences with Salesforce that are there now and do not mend themselves.
    pub drift_open: u64,
}
