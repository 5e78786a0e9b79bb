//! Store, queue and cache on both databases.

mod cache;
mod history;
mod mails;
mod port_ins;
mod queue;
mod schema;
mod store;
