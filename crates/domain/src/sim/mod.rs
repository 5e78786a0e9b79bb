//! SIM lines at the carrier.

pub mod contract;
pub mod providers;

pub use contract::{LineState, Network, SimLine};
