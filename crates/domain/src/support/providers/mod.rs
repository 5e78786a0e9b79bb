//! What the systems that keep cases look like.

pub mod salesforce;
