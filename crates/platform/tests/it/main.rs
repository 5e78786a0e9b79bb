//! Store, queue and cache on both databases.

mod cache;
mod history;
mod mails;
mod meter;
mod owners;
mod port_ins;
mod queue;
mod schema;
mod store;
mod wall;
