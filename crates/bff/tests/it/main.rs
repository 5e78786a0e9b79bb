//! The API over real HTTP, with the sandbox of the upstreams in process, on SQLite and (where `TEST_DATABASE_URL` says)
//! on PostgreSQL.

mod auth;
mod bad_input;
mod browser;
mod catalog;
mod documents;
mod family;
mod harness;
mod http;
mod live;
mod log;
mod ops;
mod orders;
mod pages;
mod people;
mod port_in;
mod rights;
mod sessions;
mod socket;
mod subscriptions;
mod webhooks;
