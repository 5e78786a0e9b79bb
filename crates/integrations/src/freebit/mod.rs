//! Freebit: SIM lines. An accepted order is not a finished one: openings are polled with [`Client::line`].

mod client;
mod config;

pub use client::Client;
pub use config::Config;
