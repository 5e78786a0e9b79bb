//! What every request passes through. Knows no feature's rules.

pub(crate) mod client;
pub(crate) mod extract;
pub(crate) mod faults;
pub(crate) mod limits;
pub(crate) mod middleware;
pub(crate) mod rights;
pub(crate) mod routes;
pub(crate) mod scope;
