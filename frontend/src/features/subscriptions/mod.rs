//! The services that a customer has. Ordering new ones is the `orders` feature.

mod api;
mod pages;

pub use pages::detail::SubscriptionPage;
pub use pages::list::SubscriptionList;
