//! Small types that every feature shares. Nothing here knows a feature or a provider.

pub mod ids;
pub mod loose;
pub mod map_error;
pub mod money;
pub mod page;
pub mod paths;
pub mod pii;
pub mod problem;
pub mod text;
pub mod time;
pub mod validation;
