//! One folder per feature. Features do not import each other; they talk to the server only through their `api.rs`.

pub mod account;
pub mod auth;
pub mod catalog;
pub mod gallery;
pub mod home;
pub mod ops;
pub mod orders;
pub mod subscriptions;
