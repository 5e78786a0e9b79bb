//! Ordering a plan and following the order until it works. The list of plans is the `catalog` feature.

mod api;
mod draft;
mod form;
mod keep_number;
mod pages;
mod parts;
mod steps;
mod words;

pub use pages::detail::OrderPage;
pub use pages::list::OrderList;
pub use pages::wizard::Wizard;
