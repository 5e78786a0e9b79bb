//! What all pages share: frame, parts, notices, reading of forms. It knows nothing of any system's data.

pub(super) mod assets;
pub(super) mod form;
pub(super) mod layout;
pub(super) mod list;
pub(super) mod notice;
pub(super) mod parts;
