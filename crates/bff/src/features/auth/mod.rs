//! Signing in, on and out. Signing up is `links`. Knows no roles beyond the owner.

pub(crate) mod common_passwords;
pub(crate) mod cookie;
pub(crate) mod ended;
pub(crate) mod password;
pub(crate) mod refresh;
pub(crate) mod routes;
pub(crate) mod service;
pub(crate) mod token;

pub(crate) use password::hash_password;
