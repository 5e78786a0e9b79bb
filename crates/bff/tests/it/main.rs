//! The API over real HTTP, with the sandbox of the upstreams in process, on SQLite and (where `TEST_DATABASE_URL` says)
//! on PostgreSQL.

mod auth;
mod bad_input;
mod bola;
mod browser;
mod catalog;
mod documents;
mod golden;
mod harness;
mod http;
mod limits;
mod live;
mod log;
mod ops;
mod orders;
mod pages;
mod port_in;
mod socket;
mod subscriptions;
mod webhooks;
