//! Placing, listing and confirming orders. Provisioning is the worker's; this feature only shows how far it is.

mod confirm;
mod content;
mod place;
pub(crate) mod routes;
mod service;
mod view;
