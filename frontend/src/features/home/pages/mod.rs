//! Pages of the feature.

pub mod dashboard;
mod hero_art;
pub mod public_home;
