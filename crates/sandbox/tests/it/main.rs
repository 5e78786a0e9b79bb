//! The sandbox driven over its real ports by plain clients; what is expected comes from the documented shapes.

mod calls;
mod clock;
mod console;
mod console_escape;
mod console_faults;
mod console_pages;
mod documents;
mod faults;
mod freebit;
mod journey;
mod pubsub;
mod pubsub_faults;
mod salesforce;
mod salesforce_cases;
mod salesforce_protocol;
mod salesforce_query;
mod sentinels;
mod support;
mod whmcs;
mod whmcs_access;
mod whmcs_billing;
mod whmcs_days;
mod whmcs_services;
