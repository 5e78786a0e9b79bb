//! The live bus: tells every process of this portal that something changed. In-process always; over Redis too where
//! configured. A lost message costs a moment of freshness, nothing else: pages also poll, workers also poll.

use crate::clock::random_id;
use crate::redis::Redis;
use domain::live::ServerMessage;
use domain::{CustomerId, SessionId};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use uuid::Uuid;

/// What travels on the bus: ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BusMessage {
    /// For every open page of a customer.
    Customer { customer_id: CustomerId, message: ServerMessage },
    /// For every open page.
    Everyone { message: ServerMessage },
    /// Close this session's connections.
    SessionEnded { session_id: SessionId },
    /// Roles or lines of an account's members have changed.
    AccessChanged { customer_id: CustomerId },
    /// Every process drops its copy.
    CacheDropped { key: String },
    /// Work was queued.
    JobsReady,
    /// Said by each process to itself: others may have said something that did not come through.
    Missed,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    /// The process that sent it; it has already delivered to itself.
    origin: Uuid,
    message: BusMessage,
}

/// Cheap to clone; all clones are one bus.
#[derive(Clone)]
pub struct Bus {
    local: broadcast::Sender<BusMessage>,
    origin: Uuid,
    redis: Option<Redis>,
    _listener: Arc<Listener>,
}

/// Stops the Redis listener with the last clone of the bus.
struct Listener(Option<tokio::task::JoinHandle<()>>);

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

const CHANNEL: &str = "live";

impl Bus {
    /// A bus for this process alone, or joined with others over Redis. Must be called inside a tokio runtime.
    pub fn new(redis: Option<Redis>) -> Self {
        let (local, _) = broadcast::channel(1024);
        let origin = random_id();
        let task = redis.clone().map(|redis| tokio::spawn(listen(redis, local.clone(), origin)));
        Self { local, origin, redis, _listener: Arc::new(Listener(task)) }
    }

    /// Delivers here at once and, best effort, to the other processes.
    pub async fn send(&self, message: BusMessage) {
        // No receiver is fine: nobody has a page open.
        let _ = self.local.send(message.clone());
        let Some(redis) = &self.redis else { return };
        let envelope = Envelope { origin: self.origin, message };
        match serde_json::to_string(&envelope) {
            Ok(text) => {
                if let Err(error) = redis.publish(CHANNEL, &text).await {
                    tracing::warn!(%error, "live message reached this process only");
                }
            }
            Err(error) => tracing::error!(%error, "live message could not be written"),
        }
    }

    /// Delivers to this process only, which has found out by itself what others would say.
    pub fn send_here(&self, message: BusMessage) {
        let _ = self.local.send(message);
    }

    pub async fn send_customer(&self, customer_id: CustomerId, message: ServerMessage) {
        self.send(BusMessage::Customer { customer_id, message }).await;
    }

    /// Messages from now on. A receiver that falls 1024 messages behind is told that it lagged.
    pub fn receive(&self) -> broadcast::Receiver<BusMessage> {
        self.local.subscribe()
    }
}

async fn listen(redis: Redis, local: broadcast::Sender<BusMessage>, own: Uuid) {
    let mut attempt = 0;
    let mut missed = false;
    loop {
        match redis.subscribe(CHANNEL).await {
            Ok(mut listener) => {
                attempt = 0;
                if missed {
                    let _ = local.send(BusMessage::Missed);
                }
                let mut messages = listener.on_message();
                // One that hangs says nothing, and its connection does not end: others notice.
                while let Some(message) = tokio::select! { m = messages.next() => m, () = redis.lost() => None } {
                    let text = String::from_utf8_lossy(message.get_payload_bytes()).into_owned();
                    match serde_json::from_str::<Envelope>(&text) {
                        Ok(envelope) if envelope.origin != own => {
                            let _ = local.send(envelope.message);
                        }
                        Ok(_) => {}
                        Err(error) => tracing::warn!(%error, "unreadable live message"),
                    }
                }
                tracing::warn!("connection of the live bus ended");
            }
            Err(error) => tracing::warn!(%error, "live bus cannot reach Redis"),
        }
        missed = true;
        attempt += 1;
        tokio::time::sleep(Duration::from_millis(100 + crate::clock::full_jitter_ms(attempt, 100, 2_000))).await;
        redis.back().await;
    }
}
