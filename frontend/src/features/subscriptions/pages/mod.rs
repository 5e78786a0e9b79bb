//! Pages of the feature.

pub mod detail;
pub mod list;
