//! The executable under conditions that no operator wishes for: processes that die at every place, are killed at random,
//! stand still, and upstreams that lose their answers. Real processes, on the embedded default and on PostgreSQL.
//!
//! A short run is part of `scripts/test`; `scripts/torture` runs it long and prints the figures.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are what these tests give besides yes and no"
)]

mod crash_points;
mod customer;
mod fleet;
mod idempotency;
mod ledger;
mod pause;
mod postgres;
mod process;
mod redis;
mod servers;
mod storm;
mod upgrade;
