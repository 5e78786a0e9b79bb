//! Pages of the feature.

pub mod account;
pub mod sign_in;
pub mod sign_up;
