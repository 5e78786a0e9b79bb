//! Salesforce: products, customers, orders and support cases over REST, and the Pub/Sub stream of platform events.

mod accounts;
mod attachments;
mod auth;
mod cases;
mod catalog;
mod client;
mod composite;
mod config;
pub mod events;
mod limits;
mod orders;
mod records;
mod rest_error;
pub mod soql;

pub use attachments::MOST_FILE_BYTES;
pub use client::Client;
pub use config::Config;
pub use records::{Fields, MOST_RECORDS, Row, Upserted};
