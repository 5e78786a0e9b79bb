//! Provider spellings of orders; nowhere else.

pub mod salesforce;
pub mod whmcs;
