//! Probes and metrics, for machines.

pub(crate) mod routes;
