//! What is on sale, and what a choice of it costs. No stock, no provider ids towards the browser.

pub mod contract;
pub mod product;
pub mod providers;

pub use contract::{Catalog, CatalogOption, Category, Choice, Cycle, DataAllowance, OptionKind, Plan, SimKind};
pub use product::Product;
