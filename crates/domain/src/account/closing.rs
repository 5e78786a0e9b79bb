//! `/api/account/close`: the end of a customer account, what stays by law, and what stands against it.

use crate::Timestamp;
use crate::subscriptions::ServiceStatus;
use serde::{Deserialize, Serialize};

/// Days between the wish and the end, in which it can be withdrawn.
pub const WAITING_DAYS: i64 = 14;

/// How the end of an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CloseState {
    Open,
    /// Asked for; it can be withdrawn until `closes_at`.
    Waiting,
}

/// Why an account cannot be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// A service runs: it has to be ended first.
    ServicesActive,
    /// An order is under way: it has to end first.
    OrdersOpen,
    /// Billing did not answer, so that nobody knows whether a service runs.
    BillingSilent,
    /// Only the owner of the account can close it.
    NotOwner,
}

/// Whether a service in this state stands against the end of the account.
pub const fn runs(status: ServiceStatus) -> bool {
    match status {
        ServiceStatus::Pending | ServiceStatus::Active | ServiceStatus::Suspended | ServiceStatus::Unknown => true,
        ServiceStatus::Terminated | ServiceStatus::Cancelled | ServiceStatus::Fraud | ServiceStatus::Completed => false,
    }
}

/// Records that the law keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Invoices, payments and books in billing.
    Invoices,
    /// Orders and contracts, here and in the customer system.
    Orders,
    /// The check of the holder's identity for a line with calls.
    LineHolder,
    /// The log of what happened, without names and addresses.
    Log,
}

/// One kind of record that stays, where and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kept {
    pub record: Record,
    /// Years from the end of the business year, or from the end of the contract.
    pub years: u8,
    pub reason: Law,
}

/// Why a record stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Corporation Tax Act and Consumption Tax Act: books and qualified invoices, seven years (ten with a loss carried forward).
    Tax,
    /// Companies Act, article 432: important documents of the business, ten years.
    Commercial,
    /// Act on identity checks of mobile phone subscribers, article 5: three years after the end of the contract.
    Telecom,
}

/// All that stays, the same for every customer.
pub const KEPT: [Kept; 4] = [
    Kept { record: Record::Invoices, years: 10, reason: Law::Tax },
    Kept { record: Record::Orders, years: 10, reason: Law::Commercial },
    Kept { record: Record::LineHolder, years: 3, reason: Law::Telecom },
    Kept { record: Record::Log, years: 10, reason: Law::Commercial },
];

/// Reply of `/api/account/close`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosePlan {
    pub state: CloseState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// When it becomes final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
    /// What stands against it; empty when it can be asked for.
    pub obstacles: Vec<Obstacle>,
    pub kept: Vec<Kept>,
}
