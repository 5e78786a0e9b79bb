//! Signing in, on and out. Signing up is `links`. Knows no roles beyond the owner.

pub(crate) mod common_passwords;
pub(crate) mod cookie;
pub(crate) mod ended;
pub(crate) mod factors;
pub(crate) mod guard;
mod notices;
pub(crate) mod password;
pub(crate) mod refresh;
pub(crate) mod routes;
mod security;
pub(crate) mod security_routes;
pub(crate) mod service;
mod sign_in;
pub(crate) mod sign_in_routes;
pub(crate) mod token;
pub(crate) mod verify;

pub(crate) use password::hash_password;
