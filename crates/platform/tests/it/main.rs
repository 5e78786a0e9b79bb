//! Store, queue and cache on both databases.

mod cache;
mod history;
mod queue;
mod schema;
mod store;
