//! What the operator's staff see of runs and jobs, and what they do about stopped ones. Touches no upstream system: acts
//! change rows, and the worker goes on from there.

pub(crate) mod routes;
mod service;
