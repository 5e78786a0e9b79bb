//! Parts of this feature's pages.

pub mod confirm;
pub mod details_step;
pub mod keep_number;
pub mod options_step;
pub mod plan_step;
pub mod review_step;
pub mod submission;
pub mod summary;
pub mod timeline;
