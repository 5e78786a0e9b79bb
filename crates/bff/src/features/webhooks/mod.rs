//! What other systems send us. Takes it in and answers at once; a job does what follows. Decides nothing from its content:
//! it only says that something changed.

pub(crate) mod routes;
mod service;
mod signature;
