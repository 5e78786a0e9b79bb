//! One folder for each billing system.

pub mod whmcs;
