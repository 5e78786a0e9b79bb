//! A customer as a Salesforce `Account` with one `Contact`.

mod mapper;

pub use mapper::{RawContact, account_fields, contact_fields, contact_of, known_customer};
