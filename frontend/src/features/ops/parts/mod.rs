//! Parts of staff pages.

pub mod acts;
pub mod frame;
pub mod list;
pub mod log;
pub mod steps;
