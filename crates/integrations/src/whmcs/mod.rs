//! WHMCS: clients, billing orders and services. It has no idempotency keys: writes are sent once, and who does not know
//! their outcome looks first.

mod client;
mod config;
mod credits;
mod customers;
mod invoices;
mod module_commands;
mod orders;
mod owners;
mod payment_methods;
mod php;
mod services;
mod sign_on;
mod upgrades;

pub use client::Client;
pub use config::Config;
pub use module_commands::ModuleCommand;
pub use payment_methods::NewPaymentMethod;
pub use sign_on::{SignOn, SignOnPage};
pub use upgrades::{CancelWhen, UpgradeTo};
