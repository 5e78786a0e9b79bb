//! Every component in every state, for developers and for the tests that walk them. Debug builds only: a release answers
//! with the not-found page.

#[cfg(debug_assertions)]
mod page;

#[cfg(debug_assertions)]
pub use page::Gallery;

#[cfg(not(debug_assertions))]
pub use crate::components::organisms::not_found::NotFound as Gallery;
