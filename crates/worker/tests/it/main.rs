//! The worker against the sandbox, on both databases: real HTTP, real gRPC, real rows.

mod bench;
mod customers;
mod cut;
mod drift;
mod engine;
mod events;
mod journey;
mod mails;
mod people;
mod poison;
mod port_in;
mod privacy;
mod relay;
mod saga;
mod staff;
mod stranded;
mod stream;
mod upstreams;
