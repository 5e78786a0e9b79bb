//! SIM lines as Freebit's `mvno/getDetail` shows them. No calls, no units other than kilobytes.

mod mapper;

pub use mapper::{CarrierLine, line, result_code};
