//! Platform events over the Pub/Sub API (gRPC). Delivers, decodes and keeps the flow going; where a consumer stands is the
//! consumer's to store, and when to come back after a failure is the consumer's to wait ([`Backoff`] says how long).

mod avro;
mod backoff;
mod decode;
mod error;
mod messages;
mod publish;
mod rpc;
mod schemas;
mod stream;
mod subscriber;
mod window;

pub use backoff::Backoff;
pub use decode::{Event, decode_untrusted};
pub use error::EventError;
pub use publish::{NewEvent, Published};
pub use rpc::Topic;
pub use stream::{Batch, EventStream};
pub use subscriber::{AcceptLoss, Start, Subscriber};
