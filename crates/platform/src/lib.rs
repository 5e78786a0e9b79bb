//! What both processes, bff and worker, need to run: settings, telemetry, clock, store, cache, live bus, job queue.
//!
//! Names no provider and holds no business rule.

pub mod bus;
pub mod cache;
pub mod change;
pub mod clock;
pub mod config;
pub mod crash;
pub mod meter;
pub mod metrics;
pub mod origin;
pub mod owner;
pub mod queue;
pub mod redis;
pub mod store;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;

pub use bus::Bus;
pub use cache::Cache;
pub use change::{Cause, Change};
pub use clock::Clock;
pub use owner::{Member, Owner};
pub use store::Db;
