//! How to talk to Salesforce, WHMCS and Freebit: one client each. The only place that knows upstream addresses,
//! credentials and time-outs. Returns domain types, never raw ones; decides nothing about orders.

pub mod error;
pub mod freebit;
mod http;
mod renewable;
pub mod salesforce;
pub mod whmcs;
mod words;

pub use error::{Provider, UpstreamError, UpstreamErrorKind};
pub use http::health::Health;
pub use http::send_before;
