use super::error::EventError;
use super::rpc::{Rpc, Topic};
use super::schemas::{Known, Schemas};
use super::stream::EventStream;
use crate::error::UpstreamErrorKind;
use crate::salesforce::auth::Session;
use crate::salesforce::client::Client;
use std::sync::Arc;
use std::time::Duration;

/// Said by whoever asks for [`Start::Latest`]: what happened while nobody listened is lost, and that is fine here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptLoss;

/// Where a stream begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The oldest event that is still kept (72 hours).
    Earliest,
    /// Just after this replay id.
    After(Vec<u8>),
    /// Only what is published from now on. Never for orders: it skips, silently, what happened while nobody listened.
    Latest(AcceptLoss),
}

/// Subscribes to topics with the session of a [`Client`]. Cheap to clone; clones share the connection and the schemas.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    client: Client,
    pub rpc: Rpc,
    schemas: Schemas,
}

impl Subscriber {
    /// Connects lazily.
    ///
    /// # Errors
    /// When the address or the certificate of the configuration is unusable.
    pub fn new(client: Client) -> Result<Self, tonic::transport::Error> {
        let rpc = Rpc::new(&client.inner.config)?;
        Ok(Self { inner: Arc::new(Inner { client, rpc, schemas: Schemas::default() }) })
    }

    /// Opens a stream that likes to have `window` events outstanding (1 to 100) and asks for the first of them.
    ///
    /// # Errors
    /// Every [`EventError`]. The topic is asked for first, so that a wrong one is told apart at once. A bad replay id may
    /// also show at the first [`EventStream::next`].
    pub async fn connect(&self, topic: &str, start: Start, window: u8) -> Result<EventStream, EventError> {
        EventStream::open(self.clone(), topic.to_owned(), start, window).await
    }

    /// What Salesforce says about a topic.
    ///
    /// # Errors
    /// Every [`EventError`] but `ReplayIdInvalid`.
    pub async fn topic(&self, topic: &str) -> Result<Topic, EventError> {
        let rpc = &self.inner.rpc;
        let ask = |session: Arc<Session>| async move { rpc.topic(topic, &session).await };
        self.with_session(ask).await.map(|(topic, _)| topic)
    }

    /// Runs a call; when its session is refused, once more with a new one. Salesforce looks at the session first, so a
    /// refused call has done nothing.
    pub(super) async fn with_session<T, F>(
        &self,
        // Not `AsyncFn`: its future is not known to be `Send` when it borrows.
        call: impl Fn(Arc<Session>) -> F,
    ) -> Result<(T, Arc<Session>), EventError>
    where
        F: Future<Output = Result<T, EventError>>,
    {
        let session = self.session(None).await?;
        match call(Arc::clone(&session)).await {
            Err(EventError::Unauthenticated) => {
                let session = self.session(Some(&session)).await?;
                call(Arc::clone(&session)).await.map(|value| (value, session))
            }
            result => result.map(|value| (value, session)),
        }
    }

    /// Makes sure that the next call signs in again.
    pub(super) async fn give_up(&self, session: &Arc<Session>) {
        // A sign-in that fails now is tried, and reported, by the next call.
        let _ = self.inner.client.session(Some(session)).await;
    }

    async fn session(&self, stale: Option<&Arc<Session>>) -> Result<Arc<Session>, EventError> {
        self.inner.client.session(stale).await.map_err(|kind| match kind {
            UpstreamErrorKind::Denied => EventError::Unauthenticated,
            _ => EventError::Unavailable { reason: "sign-in does not answer" },
        })
    }

    pub(super) fn silence(&self) -> Duration {
        Duration::from_secs(self.inner.client.inner.config.event_silence_seconds)
    }

    /// The schema of an id, asked for once.
    pub(super) async fn schema(&self, id: &str) -> Result<Known, EventError> {
        let rpc = &self.inner.rpc;
        let ask = |session: Arc<Session>| async move { rpc.schema(id, &session).await };
        let ask = async { self.with_session(ask).await.map(|(text, _)| text) };
        self.inner.schemas.get(id, ask).await
    }
}
