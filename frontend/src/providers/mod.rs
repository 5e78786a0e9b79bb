//! What the whole page shares: who is signed in, the language, the theme, toasts, the live connection, the catalogue.
//! No views of features.

pub mod catalog;
pub mod language;
pub mod live;
pub mod online;
pub mod place;
pub mod session;
pub mod theme;
pub mod toasts;
