//! Salesforce: products, customers and orders over REST, and the Pub/Sub stream of platform events.

mod accounts;
mod auth;
mod catalog;
mod client;
mod composite;
mod config;
pub mod events;
mod limits;
mod orders;
mod rest_error;
pub mod soql;

pub use client::Client;
pub use config::Config;
