use super::decode::{self, Event};
use super::error::{ENDED, EventError, error_of};
use super::messages::{CUSTOM, ConsumerEvent, EARLIEST, FetchRequest, FetchResponse, LATEST};
use super::subscriber::{Start, Subscriber};
use super::window::Window;
use crate::salesforce::auth::Session;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::Streaming;

/// What arrived together. Store the work and `latest_replay_id` in one transaction, then call [`EventStream::stored`].
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// In replay order; empty for a keep-alive.
    pub events: Vec<Event>,
    /// Events that could not be decoded. Already logged; the order they meant is found by looking for approved orders.
    pub undecodable: u32,
    /// Where to go on; may be ahead of the last event. Opaque. Empty when Salesforce named no place: keep the old one.
    pub latest_replay_id: Vec<u8>,
    /// How many events Salesforce still owes by its own word. At 0 it sends nothing and ends the stream after 60 s.
    pub pending: u32,
}

/// Longest replay id, bytes; 8 are usual, longer ones are reported. (P, A)
const MOST_ID_BYTES: usize = 1024;
/// How often the age of the last message is measured.
const MEASURE: Duration = Duration::from_secs(5);

/// A subscription. It keeps the flow going, and survives the end of its session: it then goes on, with a new one, after the
/// last place that was called stored.
#[derive(Debug)]
pub struct EventStream {
    subscriber: Subscriber,
    topic: String,
    /// Where a new stream would begin: the place that was stored last.
    resume: Start,
    window: Window,
    wire: Wire,
    last_asked: Instant,
    last_message: Instant,
    /// A session was renewed and nothing has come since: another renewal would not help.
    renewed: bool,
    silence: Duration,
}

/// The open RPC.
#[derive(Debug)]
struct Wire {
    session: Arc<Session>,
    requests: mpsc::Sender<FetchRequest>,
    replies: Streaming<FetchResponse>,
}

impl Wire {
    async fn open(subscriber: &Subscriber, topic: &str, start: &Start, count: u32) -> Result<Self, EventError> {
        let (replay_preset, replay_id) = match start {
            Start::Earliest => (EARLIEST, Vec::new()),
            Start::After(id) => (CUSTOM, id.clone()),
            Start::Latest(_) => (LATEST, Vec::new()),
        };
        let first = fetch(topic, replay_preset, replay_id, count);
        let (rpc, first, patience) = (&subscriber.inner.rpc, &first, subscriber.silence());
        let open = |session: Arc<Session>| async move {
            if !rpc.topic(topic, &session).await?.can_subscribe {
                return Err(EventError::TopicGone);
            }
            let (requests, outgoing) = mpsc::channel(8);
            // The channel is empty and its receiver is held here, so this cannot fail.
            let _ = requests.try_send(first.clone());
            let replies = rpc.subscribe(outgoing, &session, patience).await?;
            Ok((requests, replies))
        };
        let opened = subscriber.with_session(open).await;
        let ((requests, replies), session) = opened?;
        Ok(Self { session, requests, replies })
    }
}

fn fetch(topic: &str, replay_preset: i32, replay_id: Vec<u8>, count: u32) -> FetchRequest {
    // At most 100, see `Window`.
    let num_requested = i32::try_from(count).unwrap_or(100);
    FetchRequest { topic_name: topic.to_owned(), replay_preset, replay_id, num_requested }
}

impl EventStream {
    pub(super) async fn open(
        subscriber: Subscriber,
        topic: String,
        start: Start,
        window: u8,
    ) -> Result<Self, EventError> {
        let mut counted = Window::new(window);
        let count = counted.ask(counted.refill());
        let wire = Wire::open(&subscriber, &topic, &start, count).await?;
        let (now, silence) = (Instant::now(), subscriber.silence());
        let stream = Self {
            subscriber,
            topic,
            resume: start,
            window: counted,
            wire,
            last_asked: now,
            last_message: now,
            renewed: false,
            silence,
        };
        stream.measure();
        Ok(stream)
    }

    /// Waits for the next batch or keep-alive. A session that ends meanwhile is renewed, and the stream goes on after the
    /// place that was stored last; what was received and not stored then comes again.
    ///
    /// # Errors
    /// Every [`EventError`]; the stream is of no use afterwards. Silence for longer than the configured time is `Unavailable`.
    /// Not cancel-safe: when this future is dropped early, drop the stream too and connect after the last stored id.
    pub async fn next(&mut self) -> Result<Batch, EventError> {
        loop {
            match self.receive().await {
                Err(EventError::Unauthenticated) => self.renew().await?,
                Err(error) => return Err(error),
                Ok(reply) => return self.batch(reply).await,
            }
        }
    }

    /// Says that a batch is stored: the stream may ask for more, and would go on after it.
    ///
    /// # Errors
    /// `Unavailable` when the stream has ended.
    pub async fn stored(&mut self, batch: &Batch) -> Result<(), EventError> {
        if !batch.latest_replay_id.is_empty() {
            self.resume = Start::After(batch.latest_replay_id.clone());
        }
        let count = self.window.refill();
        self.ask(count).await
    }

    /// Asks for up to `count` more events (1 to 100) without saying that anything is stored. Salesforce owes at most 100 in
    /// all: what is above is not asked for.
    ///
    /// # Errors
    /// `Unavailable` when the stream has ended.
    pub async fn more(&mut self, count: u8) -> Result<(), EventError> {
        self.ask(u32::from(count.max(1))).await
    }

    async fn ask(&mut self, wanted: u32) -> Result<(), EventError> {
        let count = self.window.ask(wanted);
        if count == 0 {
            return Ok(());
        }
        self.last_asked = Instant::now();
        self.measure();
        let request = fetch(&self.topic, 0, Vec::new(), count);
        self.wire.requests.send(request).await.map_err(|_| EventError::Unavailable { reason: ENDED })
    }

    async fn receive(&mut self) -> Result<FetchResponse, EventError> {
        let dead = Instant::now() + self.silence;
        let message = self.wire.replies.message();
        tokio::pin!(message);
        let mut measure = Instant::now() + MEASURE;
        loop {
            tokio::select! {
                reply = timeout_at(dead, &mut message) => return match reply {
                    Err(_) => Err(EventError::Unavailable { reason: "silence" }),
                    Ok(Ok(None)) => Err(EventError::Unavailable { reason: ENDED }),
                    Ok(Ok(Some(reply))) => Ok(reply),
                    Ok(Err(status)) => Err(error_of(&status)),
                },
                () = sleep_until(measure) => {
                    age(&self.topic, self.last_message);
                    measure += MEASURE;
                }
            }
        }
    }

    async fn renew(&mut self) -> Result<(), EventError> {
        self.subscriber.give_up(&self.wire.session).await;
        if std::mem::replace(&mut self.renewed, true) {
            return Err(EventError::Unauthenticated);
        }
        tracing::info!(topic = self.topic, "the session of the event stream has ended; going on with a new one");
        metrics::counter!("upstream_event_reconnects_total", "reason" => "session_renewed").increment(1);
        let mut window = self.window.emptied();
        let count = window.ask(window.refill());
        self.wire = Wire::open(&self.subscriber, &self.topic, &self.resume, count).await?;
        self.window = window;
        self.last_asked = Instant::now();
        Ok(())
    }

    async fn batch(&mut self, reply: FetchResponse) -> Result<Batch, EventError> {
        self.renewed = false;
        self.last_message = Instant::now();
        let count = u32::try_from(reply.events.len()).unwrap_or(u32::MAX);
        if let Some(breach) = self.window.received(count, reply.pending_num_requested, self.last_asked.elapsed()) {
            // Nothing is lost by it, and a new stream would meet it again: only said and counted.
            tracing::warn!(topic = self.topic, breach = breach.label(), "Salesforce breaks the flow control");
            metrics::counter!("upstream_event_breaches_total", "kind" => breach.label()).increment(1);
        }
        match count {
            0 => metrics::counter!("upstream_event_keepalives_total", "topic" => self.topic.clone()).increment(1),
            count => metrics::counter!("upstream_events_received_total", "topic" => self.topic.clone())
                .increment(u64::from(count)),
        }
        self.measure();
        let mut batch = Batch {
            events: Vec::with_capacity(reply.events.len()),
            undecodable: 0,
            latest_replay_id: self.place(reply.latest_replay_id, &reply.events),
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

    /// The place after a batch: the documented one, else that of its last event.
    fn place(&self, latest: Vec<u8>, events: &[ConsumerEvent]) -> Vec<u8> {
        let usable = |id: &[u8]| !id.is_empty() && id.len() <= MOST_ID_BYTES;
        if usable(&latest) {
            return latest;
        }
        tracing::warn!(topic = self.topic, bytes = latest.len(), "a response without a usable replay id");
        metrics::counter!("upstream_event_breaches_total", "kind" => "replay_id").increment(1);
        events.last().map(|event| event.replay_id.clone()).filter(|id| usable(id)).unwrap_or_default()
    }

    /// `None` for an event that does not fit its schema: waiting for it would stop every event behind it.
    async fn decode(&self, event: ConsumerEvent) -> Result<Option<Event>, EventError> {
        let Some(produced) = event.event else { return Ok(self.unreadable("", "it has no content")) };
        let decoded = match self.subscriber.schema(&produced.schema_id).await? {
            Ok(schema) => decode::record(&schema, &produced.payload),
            Err(reason) => Err(reason),
        };
        Ok(match decoded {
            Ok((name, fields)) => Some(Event { uuid: produced.id, replay_id: event.replay_id, name, fields }),
            Err(reason) => self.unreadable(&produced.id, reason),
        })
    }

    fn unreadable<T>(&self, id: &str, reason: &'static str) -> Option<T> {
        tracing::error!(topic = self.topic, event.id = id, reason, "an event cannot be decoded");
        metrics::counter!("upstream_events_undecodable_total").increment(1);
        None
    }

    fn measure(&self) {
        metrics::gauge!("upstream_events_outstanding", "topic" => self.topic.clone()).set(self.window.owed());
        age(&self.topic, self.last_message);
    }
}

fn age(topic: &str, last_message: Instant) {
    metrics::gauge!("upstream_event_last_message_seconds", "topic" => topic.to_owned())
        .set(last_message.elapsed().as_secs_f64());
}
