use super::decode::{self, Event};
use super::messages::{ConsumerEvent, FetchRequest, FetchResponse};
use super::subscriber::{EventError, Subscriber, error_of};
use crate::salesforce::auth::Session;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tonic::Streaming;

/// What arrived together. Store the work and `latest_replay_id` in one transaction, then ask for more.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// In replay order; empty for a keep-alive.
    pub events: Vec<Event>,
    /// Events that could not be decoded. Already logged; the order they meant is found by looking for approved orders.
    pub undecodable: u32,
    /// Where to go on; may be ahead of the last event. Opaque.
    pub latest_replay_id: Vec<u8>,
    /// How many events Salesforce still owes. At 0 it sends nothing and ends the stream after 60 s: call
    /// [`EventStream::more`] before that.
    pub pending: u32,
}

/// An open subscription.
#[derive(Debug)]
pub struct EventStream {
    subscriber: Subscriber,
    session: Arc<Session>,
    topic: String,
    requests: mpsc::Sender<FetchRequest>,
    replies: Streaming<FetchResponse>,
    silence: Duration,
}

impl EventStream {
    pub(super) fn new(
        subscriber: Subscriber,
        session: Arc<Session>,
        topic: String,
        requests: mpsc::Sender<FetchRequest>,
        replies: Streaming<FetchResponse>,
        silence: Duration,
    ) -> Self {
        Self { subscriber, session, topic, requests, replies, silence }
    }

    /// Waits for the next batch or keep-alive.
    ///
    /// # Errors
    /// Every [`EventError`]; the stream is of no use afterwards. Silence for longer than the configured time is `Unavailable`.
    /// Not cancel-safe: when this future is dropped early, drop the stream too and connect after the last stored id.
    pub async fn next(&mut self) -> Result<Batch, EventError> {
        let reply = match tokio::time::timeout(self.silence, self.replies.message()).await {
            Err(_) => return Err(EventError::Unavailable { reason: "silence" }),
            Ok(Ok(None)) => return Err(EventError::Unavailable { reason: "the stream ended" }),
            Ok(Ok(Some(reply))) => reply,
            Ok(Err(status)) => {
                let error = error_of(&status);
                if error == EventError::Unauthenticated {
                    self.subscriber.give_up(&self.session).await;
                }
                return Err(error);
            }
        };
        let mut batch = Batch {
            events: Vec::with_capacity(reply.events.len()),
            undecodable: 0,
            latest_replay_id: reply.latest_replay_id,
            pending: u32::try_from(reply.pending_num_requested).unwrap_or(0),
        };
        for event in reply.events {
            match self.decode(event).await? {
                Some(event) => batch.events.push(event),
                None => batch.undecodable += 1,
            }
        }
        Ok(batch)
    }

    /// Asks for `count` more events (1 to 100; Salesforce owes at most 100 in all).
    ///
    /// # Errors
    /// `Unavailable` when the stream has ended.
    pub async fn more(&mut self, count: u8) -> Result<(), EventError> {
        let request = FetchRequest {
            topic_name: self.topic.clone(),
            replay_preset: 0,
            replay_id: Vec::new(),
            num_requested: i32::from(count.clamp(1, 100)),
        };
        self.requests.send(request).await.map_err(|_| EventError::Unavailable { reason: "the stream ended" })
    }

    /// `None` for an event that does not fit its schema: waiting for it would stop every event behind it.
    async fn decode(&self, event: ConsumerEvent) -> Result<Option<Event>, EventError> {
        let Some(produced) = event.event else {
            tracing::error!(topic = self.topic, "an event without content");
            return Ok(None);
        };
        let schema = self.subscriber.schema(&produced.schema_id, &self.session).await?;
        match decode::record(&schema, &produced.payload) {
            Ok((name, fields)) => Ok(Some(Event { uuid: produced.id, replay_id: event.replay_id, name, fields })),
            Err(reason) => {
                tracing::error!(topic = self.topic, event.id = produced.id, reason, "an event cannot be decoded");
                metrics::counter!("upstream_events_undecodable_total").increment(1);
                Ok(None)
            }
        }
    }
}
