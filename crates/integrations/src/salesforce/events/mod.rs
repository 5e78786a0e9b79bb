//! Platform events over the Pub/Sub API (gRPC). Delivers and decodes; where a consumer stands is the consumer's to store.

mod decode;
mod messages;
mod stream;
mod subscriber;

pub use decode::Event;
pub use stream::{Batch, EventStream};
pub use subscriber::{EventError, Start, Subscriber};
