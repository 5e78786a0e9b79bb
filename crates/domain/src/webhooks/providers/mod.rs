//! One folder for each system that sends webhooks.

pub mod whmcs;
