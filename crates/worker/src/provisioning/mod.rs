//! Drives a run: load, decide (in `domain`), act, record. One effect on one system per file in `steps`.

pub mod drive;
mod record;
mod sent;
mod steps;

pub use sent::Sent;
