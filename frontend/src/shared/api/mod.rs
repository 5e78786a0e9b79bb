//! The one way to the server: access token, refresh, failures. Knows no feature.

pub mod access;
pub mod client;
pub mod failure;
