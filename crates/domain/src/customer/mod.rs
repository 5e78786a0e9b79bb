//! The customer account as the portal sees it, and its records in CRM and billing. Sign-in lives in `auth`.

pub mod contract;
pub mod providers;

pub use contract::{Address, Customer, KnownCustomer};
