//! The sandbox driven over its real ports by plain clients; what is expected comes from the documented shapes.

mod clock;
mod console;
mod console_customers;
mod console_escape;
mod console_pages;
mod console_settings;
mod console_work;
mod freebit;
mod freebit_clock;
mod journey;
mod pubsub;
mod pubsub_clock;
mod salesforce;
mod salesforce_cases;
mod salesforce_composite;
mod salesforce_oauth;
mod salesforce_protocol;
mod salesforce_query;
mod support;
mod whmcs;
mod whmcs_access;
mod whmcs_billing;
mod whmcs_days;
mod whmcs_services;
