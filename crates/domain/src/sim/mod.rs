//! SIM lines at the carrier.

pub mod contract;
pub mod providers;
pub mod units;

pub use contract::{LineState, Network, SimLine};
pub use units::{CarrierUnits, Kilobytes, Megabytes};
