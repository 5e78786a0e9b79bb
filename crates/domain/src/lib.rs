//! What things mean: types, rules, state machines, and the mapping from each provider's wire form.
//!
//! Pure: no I/O, no async, no clock, no randomness, no environment. Everything here also builds for wasm32, because the
//! browser validates, prices and explains with the very same code as the server.

pub mod account;
pub mod auth;
pub mod billing;
pub mod catalog;
pub mod common;
pub mod customer;
pub mod live;
pub mod ops;
pub mod orders;
pub mod people;
pub mod sim;
pub mod subscriptions;
pub mod support;
pub mod webhooks;

pub use common::ids::{CustomerId, InvitationId, OrderId, PasskeyId, ServiceId, SessionId, Sku, UserId};
pub use common::money::{Currency, Money};
pub use common::problem::{ErrorCode, FieldError, Problem};
pub use common::time::{Date, Timestamp};
