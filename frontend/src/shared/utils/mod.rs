//! Plain functions and thin wrappers of browser calls.

pub mod backoff;
pub mod browser;
pub mod fill;
pub mod format;
pub mod passkey;
pub mod storage;
