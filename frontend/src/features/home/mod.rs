//! The first pages: what visitors and customers see first.

mod api;
mod billing_link;
mod next_act;
mod pages;

pub use pages::dashboard::Dashboard;
pub use pages::public_home::PublicHome;
