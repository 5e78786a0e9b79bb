//! Reactive building blocks without views.

pub mod form;
pub mod loadable;
pub mod loader;
pub mod polling;
