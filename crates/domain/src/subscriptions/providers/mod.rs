//! Provider spellings of services; nowhere else.

pub mod whmcs;
