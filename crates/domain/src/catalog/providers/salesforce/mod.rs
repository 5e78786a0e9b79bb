//! Products as Salesforce keeps them: an entry of the portal's price book joined with its `Product2`.

mod mapper;
mod raw;

pub use mapper::product;
pub use raw::{RawPricebookEntry, RawProduct};
