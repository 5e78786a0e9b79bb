//! What a person sees and does about their own data.

pub(crate) mod routes;
mod service;
