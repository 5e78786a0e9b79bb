//! Store, queue and cache on both databases.

mod cache;
mod queue;
mod schema;
mod store;
