//! Services that a customer has. Reads only: nothing is changed at billing or carrier here.

pub(crate) mod routes;
mod service;
