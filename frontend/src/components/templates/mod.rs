//! The frame around every page, and the gate before the customer's own pages.

pub mod frame;
pub mod gate;
