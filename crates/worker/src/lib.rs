//! The worker: hears of approved orders and turns each into working services, exactly once.
//!
//! Talks to no browser: it changes rows, and says on the live bus that it did.

pub mod app;
pub mod config;
pub mod engine;
pub mod figures;
pub mod jobs;
pub mod mail;
pub mod ops;
pub mod provisioning;
pub mod state;
pub mod subscriber;

pub use app::run;
pub use config::Config;
pub use state::WorkerState;
