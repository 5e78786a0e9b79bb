//! Cases, comments and files as Salesforce keeps them.

mod mapper;
mod raw;

pub use mapper::{NewCase, attachment, case, description, message, new_case_fields, new_comment_fields};
pub use raw::{RawCase, RawComment, RawVersion};
