//! The API over real HTTP, with the sandbox of the upstreams in process, on SQLite and (where `TEST_DATABASE_URL` says)
//! on PostgreSQL.

mod auth;
mod authenticator;
mod bad_input;
mod browser;
mod catalog;
mod documents;
mod harness;
mod http;
mod live;
mod log;
mod ops;
mod orders;
mod pages;
mod passkeys;
mod port_in;
mod second_factor;
mod sign_in_guard;
mod socket;
mod step_up;
mod stuffing;
mod subscriptions;
mod webhooks;
