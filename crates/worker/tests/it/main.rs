//! The worker against the sandbox, on both databases: real HTTP, real gRPC, real rows.

mod bench;
mod cut;
mod engine;
mod events;
mod journey;
mod poison;
mod relay;
mod saga;
mod staff;
mod stranded;
