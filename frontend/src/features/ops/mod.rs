//! What the operator's staff see: runs, jobs, differences, the log, and how everything stands. Its texts live here, in both
//! languages, and not in `locales/`: whoever is not staff never fetches them.

mod api;
mod pages;
mod parts;
mod words;

pub use pages::Operations;
