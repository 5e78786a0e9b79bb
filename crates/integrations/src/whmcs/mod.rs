//! WHMCS: clients, billing orders and services. It has no idempotency keys: writes are sent once, and who does not know
//! their outcome looks first.

mod client;
mod config;
mod customers;
mod orders;
mod owners;
mod php;
mod services;

pub use client::Client;
pub use config::Config;
