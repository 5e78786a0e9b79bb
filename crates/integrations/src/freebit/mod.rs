//! Freebit: SIM lines. An accepted order is not a finished one: openings and changes are polled with [`Client::line`].

mod client;
mod config;
mod lines;
mod orders;

pub use client::Client;
pub use config::Config;
pub use orders::{Accepted, NewEsim, ProfileKind, VoiceOptions, When};
