//! The portal's own components on semantic HTML. They know no feature and make no requests.

pub mod molecules;
pub mod organisms;
pub mod templates;
pub mod ui;
