//! The OpenAPI document, and a page that shows it to people: plain HTML and one stylesheet, no script, nothing from
//! elsewhere.

mod page;
pub(crate) mod routes;
