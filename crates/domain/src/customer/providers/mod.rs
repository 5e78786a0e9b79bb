//! Provider spellings of a customer; nowhere else.

pub mod salesforce;
pub mod whmcs;
