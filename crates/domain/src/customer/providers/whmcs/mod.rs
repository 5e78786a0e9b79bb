//! A customer as a WHMCS client.

mod mapper;

pub use mapper::{ClientLookup, RawClientMatch, add_client_fields, client_matches, client_record, customer_number_of};
