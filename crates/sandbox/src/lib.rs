//! A stateful imitation of the portal's three upstream systems: Salesforce (REST, OAuth, Pub/Sub), WHMCS and Freebit,
//! with a console that shows what the operator's staff would see.
//!
//! It speaks the wire formats from its own types only, so that what the portal's clients understand is what
//! the systems say and not what the clients expect.

// `json!` recurses once a token; a WHMCS client has more members than the default limit allows.
#![recursion_limit = "512"]

mod clock;
mod config;
mod console;
mod faults;
mod freebit;
mod http;
mod keys;
mod outbox;
mod pubsub;
mod salesforce;
mod seed;
mod sentinels;
mod server;
mod smtp;
mod whmcs;
mod world;

pub use config::{Config, Delays};
pub use faults::{Aim, AimedFault, DelayPoint, Fault, FaultId, FaultKind, System, WaitingFault};
pub use outbox::{Mail, NewMail};
pub use salesforce::usage::ApiRequests;
pub use seed::OPERATOR_NAME;
pub use server::{Credentials, Endpoints, Sandbox, start};
pub use whmcs::access::{WhmcsAccess, WhmcsAdmin, WhmcsCredential};
pub use whmcs::settings::BillingSettings;
pub use world::{Call, CallFilter, Clock, ClockMove, ClockState, World};
