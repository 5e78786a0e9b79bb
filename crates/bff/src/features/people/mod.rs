//! The people of a customer account: their sessions, members and their rights, invitations, and the way from one account
//! to another.

mod invitations;
mod members;
pub(crate) mod routes;
mod sessions;
mod switch;
