//! The worker against the sandbox, on both databases: real HTTP, real gRPC, real rows.

mod bench;
mod events;
mod journey;
mod relay;
mod saga;
mod staff;
