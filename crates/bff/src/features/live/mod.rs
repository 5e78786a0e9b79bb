//! The live connection: tells open pages that something changed, never what. No page depends on it: all of them poll.

pub(crate) mod connections;
pub(crate) mod routes;
mod socket;
mod ticket;
mod watch;

pub(crate) use watch::watch;
