//! One folder for each part of the API. Features do not import each other; what they share is in `auth`'s types that
//! the extractors use, in the store, and in the domain.

pub(crate) mod account;
pub(crate) mod auth;
pub(crate) mod catalog;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod links;
pub(crate) mod live;
pub(crate) mod ops;
pub(crate) mod orders;
pub(crate) mod people;
pub(crate) mod spa;
pub(crate) mod subscriptions;
pub(crate) mod webhooks;
