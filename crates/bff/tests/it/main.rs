//! The API over real HTTP, with the sandbox of the upstreams in process, on SQLite and (where `TEST_DATABASE_URL` says)
//! on PostgreSQL.

mod account;
mod auth;
mod authenticator;
mod bad_input;
mod bola;
mod browser;
mod catalog;
mod documents;
mod family;
mod golden;
mod harness;
mod http;
mod limits;
mod links;
mod live;
mod log;
mod mailbox;
mod ops;
mod orders;
mod pages;
mod passkeys;
mod people;
mod port_in;
mod rights;
mod second_factor;
mod sessions;
mod sign_in_guard;
mod socket;
mod step_up;
mod stuffing;
mod subscriptions;
mod webhooks;
