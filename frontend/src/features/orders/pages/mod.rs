//! Pages of the feature.

pub mod detail;
pub mod list;
pub mod wizard;
