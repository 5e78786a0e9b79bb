//! The list of plans. Ordering one is the `orders` feature.

mod choice;
mod pages;

pub use pages::plans::Plans;
