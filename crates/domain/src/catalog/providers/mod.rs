//! Provider spellings of products; nowhere else.

pub mod salesforce;
