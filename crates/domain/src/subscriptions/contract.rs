//! Replies of `/api/subscriptions`.

use crate::catalog::Category;
use crate::sim::contract::SimLine;
use crate::{Date, Money, OrderId, ServiceId, Timestamp};
use serde::{Deserialize, Serialize};

/// State of a service in billing (WHMCS service status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    Pending,
    Active,
    Suspended,
    Terminated,
    Cancelled,
    Fraud,
    Completed,
    /// A status that this release does not know; never treated as active.
    Unknown,
}

/// How often a service is billed (WHMCS billing cycle).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BillingCycle {
    Free,
    OneTime,
    Monthly,
    Quarterly,
    SemiAnnually,
    Annually,
    Biennially,
    Triennially,
    Unknown,
}

/// A service in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subscription {
    pub id: ServiceId,
    /// Product name as billing states it.
    pub name: String,
    /// `None` when the product is not in today's catalogue.
    pub category: Option<Category>,
    pub status: ServiceStatus,
    pub cycle: BillingCycle,
    /// Each cycle, as billing states it.
    pub price: Money,
    pub started_on: Option<Date>,
    pub next_due_on: Option<Date>,
    /// The phone number of a SIM service, digits only.
    pub number: Option<String>,
    /// The portal order that made it, when there is one.
    pub order_id: Option<OrderId>,
}

/// The carrier's part of a service; it can fail alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum LinePart {
    /// Not a SIM service, or no number yet.
    None,
    Ready {
        line: SimLine,
        as_of: Timestamp,
    },
    /// The carrier does not answer.
    Unavailable,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriptionDetail {
    #[serde(flatten)]
    pub subscription: Subscription,
    /// When billing was read.
    pub as_of: Timestamp,
    pub line: LinePart,
}

/// Reply of `GET /api/subscriptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriptionList {
    pub items: Vec<Subscription>,
    /// When billing was read.
    pub as_of: Timestamp,
}
