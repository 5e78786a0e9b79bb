//! The worker against the sandbox, on both databases: real HTTP, real gRPC, real rows.

mod bench;
mod drift;
mod events;
mod journey;
mod people;
mod port_in;
mod relay;
mod saga;
mod stream;
mod upstreams;
