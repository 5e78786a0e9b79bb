//! Pages of the feature.

pub mod plans;
