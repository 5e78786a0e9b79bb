//! SIM lines, their usage and their top-ups as Freebit shows them. No calls.

mod mapper;
mod usage;

pub use mapper::{CarrierLine, line, result_code};
pub use usage::{TopUp, Usage, top_ups, usage};
