//! Pages of the feature.

pub mod confirm;
pub mod email;
pub mod forgot;
pub mod invitation;
pub mod link;
pub mod reset;
pub mod sign_in;
pub mod sign_up;
