//! What features share and no feature owns: the way to the API, reactive hooks, plain functions. No views, no texts of a page.

pub mod api;
pub mod hooks;
pub mod utils;
