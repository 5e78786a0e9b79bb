//! Replies of `/api/orders`.

use super::pricing::{QuoteLine, Totals};
use super::state::Stage;
use crate::catalog::{Category, SimKind};
use crate::common::text::LocalText;
use crate::{OrderId, ServiceId, Timestamp};
use serde::{Deserialize, Serialize};

/// An order in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderSummary {
    pub id: OrderId,
    /// The number that people use: Salesforce `OrderNumber`, eight digits.
    pub number: String,
    pub placed_at: Timestamp,
    pub stage: Stage,
    /// Name of each plan.
    pub plans: Vec<LocalText>,
    pub one_time: Totals,
    pub monthly: Totals,
}

/// One order with its timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderDetail {
    pub id: OrderId,
    pub number: String,
    pub placed_at: Timestamp,
    pub stage: Stage,
    pub items: Vec<OrderedItem>,
    pub lines: Vec<QuoteLine>,
    pub one_time: Totals,
    pub monthly: Totals,
    pub first_bill: Totals,
    pub tax_rate_percent: u8,
    pub timeline: Vec<TimelineEntry>,
    /// Who acts next; `None` when nothing is left to do.
    pub next_actor: Option<Actor>,
    /// The customer may start the order without waiting for an agent.
    pub may_confirm: bool,
    /// Rises with every change; an older copy never replaces a newer one.
    pub version: i64,
}

/// A service of an order and, once it works, where it is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderedItem {
    pub category: Category,
    pub plan: LocalText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim: Option<SimKind>,
    /// The new phone number, digits only, once reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
}

/// The customer's view of an order's way, in this order (`SimActivated` only when a SIM was ordered).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    Received,
    InReview,
    Approved,
    BillingReady,
    SimActivated,
    Ready,
}

/// How far a milestone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MilestoneState {
    Waiting,
    Active,
    /// A call went out and its answer is unknown; we are checking with the other system and it settles by itself.
    Checking,
    Done,
    /// Stopped for good here; a person acts next.
    Failed,
    /// Will not happen any more.
    Skipped,
}

/// Who does the next thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Customer,
    /// A person at the operator reviews the order.
    Reviewer,
    /// Our systems, without a person.
    System,
    /// A person at the operator repairs it.
    Support,
}

/// One milestone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineEntry {
    pub milestone: Milestone,
    pub state: MilestoneState,
    /// When it was done, or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}
