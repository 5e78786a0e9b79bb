//! The executable under conditions that no operator wishes for: processes that die at every place, are killed at random,
//! stand still, and upstreams that lose their answers. Real processes, on the embedded default and on PostgreSQL.
//!
//! A short run is part of `scripts/test`; `scripts/torture` runs it long and prints the figures.

mod clock;
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
mod twice;
mod upgrade;

/// Prints a figure past the capture of the test runner: these are what the tests are for.
fn say(text: &str) {
    use std::io::Write as _;
    // A closed standard error must not fail a test.
    let _ = writeln!(std::io::stderr(), "{text}");
}
