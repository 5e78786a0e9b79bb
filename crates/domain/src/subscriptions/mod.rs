//! Services that a customer has. Billing (WHMCS) owns them; the carrier adds the state of a SIM line.

pub mod contract;
pub mod providers;

pub use contract::{BillingCycle, ServiceStatus, Subscription, SubscriptionDetail};
