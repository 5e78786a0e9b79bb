use super::messages::{CUSTOM, EARLIEST, FetchRequest, FetchResponse, SchemaInfo, SchemaRequest};
use super::stream::EventStream;
use crate::error::UpstreamErrorKind;
use crate::salesforce::auth::Session;
use crate::salesforce::client::Client;
use apache_avro::Schema;
use secrecy::ExposeSecret as _;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

/// Where a stream begins. There is no "latest": it would skip, silently, what happened while nobody listened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The oldest event that is still kept (72 hours).
    Earliest,
    /// Just after this replay id.
    After(Vec<u8>),
}

/// Why there are no events.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// The replay id has expired or is not one: begin at [`Start::Earliest`].
    #[error("the replay id is not accepted")]
    ReplayIdInvalid,
    /// The session has expired and was given up: connect again with the last replay id.
    #[error("the session is not accepted")]
    Unauthenticated,
    /// There is no such topic, or our user may not read it. A person must look.
    #[error("the topic does not exist or may not be read")]
    TopicGone,
    /// The stream is gone or silent: connect again, later, with the last replay id.
    #[error("the event stream is not available: {reason}")]
    Unavailable { reason: &'static str },
}

/// Subscribes to topics with the session of a [`Client`]. Cheap to clone; clones share the connection and the schemas.
#[derive(Clone, Debug)]
pub struct Subscriber {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    channel: Channel,
    /// A schema never changes under its id.
    schemas: Mutex<HashMap<String, Arc<Schema>>>,
}

impl Subscriber {
    /// Connects lazily. Keep-alive pings find a dead connection before the silence rule does.
    ///
    /// # Errors
    /// When the address or the certificate of the configuration is unusable.
    pub fn new(client: Client) -> Result<Self, tonic::transport::Error> {
        let config = &client.inner.config;
        let mut endpoint = Endpoint::from_shared(config.pubsub_url.as_str().trim_end_matches('/').to_owned())?
            .connect_timeout(Duration::from_secs(5))
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20))
            .keep_alive_while_idle(true);
        if config.pubsub_url.scheme() == "https" {
            let tls = match &config.pubsub_ca {
                Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
                None => ClientTlsConfig::new().with_native_roots(),
            };
            endpoint = endpoint.tls_config(tls)?;
        }
        let channel = endpoint.connect_lazy();
        Ok(Self { inner: Arc::new(Inner { client, channel, schemas: Mutex::default() }) })
    }

    /// Opens a stream and asks for the first `count` events (1 to 100).
    ///
    /// # Errors
    /// Every [`EventError`]. An expired session is renewed once before `Unauthenticated` is given. A bad replay id may also
    /// show at the first [`EventStream::next`].
    pub async fn connect(&self, topic: &str, start: Start, count: u8) -> Result<EventStream, EventError> {
        let session = self.session(None).await?;
        match self.open(topic, &start, count, &session).await {
            Err(EventError::Unauthenticated) => {
                let session = self.session(Some(&session)).await?;
                self.open(topic, &start, count, &session).await
            }
            result => result,
        }
    }

    async fn open(
        &self,
        topic: &str,
        start: &Start,
        count: u8,
        session: &Arc<Session>,
    ) -> Result<EventStream, EventError> {
        let (replay_preset, replay_id) = match start {
            Start::Earliest => (EARLIEST, Vec::new()),
            Start::After(id) => (CUSTOM, id.clone()),
        };
        let first = FetchRequest {
            topic_name: topic.to_owned(),
            replay_preset,
            replay_id,
            num_requested: i32::from(count.clamp(1, 100)),
        };
        let (requests, outgoing) = mpsc::channel(8);
        // The channel is empty and its receiver is held here, so this cannot fail.
        let _ = requests.try_send(first);
        let request = self.authorise(ReceiverStream::new(outgoing), session)?;
        let mut grpc = Grpc::new(self.inner.channel.clone());
        ready(&mut grpc).await?;
        let codec = ProstCodec::<FetchRequest, FetchResponse>::default();
        let path = PathAndQuery::from_static("/eventbus.v1.PubSub/Subscribe");
        let silence = self.silence();
        let reply = tokio::time::timeout(silence, grpc.streaming(request, path, codec))
            .await
            .map_err(|_| EventError::Unavailable { reason: "no answer" })?
            .map_err(|status| error_of(&status))?;
        Ok(EventStream::new(self.clone(), Arc::clone(session), topic.to_owned(), requests, reply.into_inner(), silence))
    }

    pub(super) fn silence(&self) -> Duration {
        Duration::from_secs(self.inner.client.inner.config.event_silence_seconds)
    }

    /// Makes sure that the next connection signs in again.
    pub(super) async fn give_up(&self, session: &Arc<Session>) {
        // A sign-in that fails now is tried, and reported, by the next connection.
        let _ = self.inner.client.session(Some(session)).await;
    }

    async fn session(&self, stale: Option<&Arc<Session>>) -> Result<Arc<Session>, EventError> {
        self.inner.client.session(stale).await.map_err(|kind| match kind {
            UpstreamErrorKind::Denied => EventError::Unauthenticated,
            _ => EventError::Unavailable { reason: "sign-in does not answer" },
        })
    }

    /// The schema of an id, asked for once.
    ///
    /// # Errors
    /// As [`Subscriber::connect`]; a schema that is not Avro is `Unavailable`.
    pub(super) async fn schema(&self, id: &str, session: &Arc<Session>) -> Result<Arc<Schema>, EventError> {
        if let Some(known) = self.inner.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Arc::clone(known));
        }
        let request = self.authorise(SchemaRequest { schema_id: id.to_owned() }, session)?;
        let mut grpc = Grpc::new(self.inner.channel.clone());
        ready(&mut grpc).await?;
        let codec = ProstCodec::<SchemaRequest, SchemaInfo>::default();
        let path = PathAndQuery::from_static("/eventbus.v1.PubSub/GetSchema");
        let info = tokio::time::timeout(Duration::from_secs(10), grpc.unary(request, path, codec))
            .await
            .map_err(|_| EventError::Unavailable { reason: "no schema" })?
            .map_err(|status| error_of(&status))?
            .into_inner();
        let schema = Schema::parse_str(&info.schema_json).map_err(|_| {
            tracing::error!(schema.id = id, "an event schema is not Avro");
            EventError::Unavailable { reason: "unreadable schema" }
        })?;
        let schema = Arc::new(schema);
        self.inner.schemas.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }

    /// The three headers of every call. `instanceurl` has its scheme; the token stands without `Bearer`.
    fn authorise<T>(&self, message: T, session: &Session) -> Result<Request<T>, EventError> {
        let ascii = |text: &str| {
            text.parse::<MetadataValue<Ascii>>().map_err(|_| EventError::Unavailable { reason: "unusable session" })
        };
        let mut token = ascii(session.token.expose_secret())?;
        token.set_sensitive(true);
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("accesstoken", token);
        metadata.insert("instanceurl", ascii(&session.instance_url)?);
        metadata.insert("tenantid", ascii(&session.organisation)?);
        Ok(request)
    }
}

async fn ready(grpc: &mut Grpc<Channel>) -> Result<(), EventError> {
    grpc.ready().await.map_err(|_| EventError::Unavailable { reason: "cannot connect" })
}

/// The trailer `error-code` is more exact than the status; both are looked at, because proxies make statuses of their own.
pub(super) fn error_of(status: &Status) -> EventError {
    let code = status.metadata().get("error-code").and_then(|v| v.to_str().ok()).unwrap_or_default();
    tracing::debug!(status = ?status.code(), code, "event stream error");
    if code.contains("subscription.fetch.replayid.") {
        return EventError::ReplayIdInvalid;
    }
    if code.contains("service.auth.") {
        return EventError::Unauthenticated;
    }
    match status.code() {
        Code::Unauthenticated => EventError::Unauthenticated,
        Code::NotFound | Code::PermissionDenied => EventError::TopicGone,
        Code::ResourceExhausted => EventError::Unavailable { reason: "a limit is reached" },
        Code::InvalidArgument => EventError::Unavailable { reason: "the request is not accepted" },
        _ => EventError::Unavailable { reason: "the stream ended with an error" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::metadata::MetadataMap;

    fn status(code: Code, error_code: &'static str) -> Status {
        let mut trailers = MetadataMap::new();
        trailers.insert("error-code", MetadataValue::from_static(error_code));
        Status::with_metadata(code, "x rpcId: y", trailers)
    }

    #[test]
    fn the_error_code_decides_before_the_status() {
        let corrupted = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted";
        assert_eq!(error_of(&status(Code::InvalidArgument, corrupted)), EventError::ReplayIdInvalid);
        let auth = "sfdc.platform.eventbus.grpc.service.auth.error";
        assert_eq!(error_of(&status(Code::Internal, auth)), EventError::Unauthenticated);
        assert_eq!(
            error_of(&status(Code::NotFound, "sfdc.platform.eventbus.grpc.topic.not.found")),
            EventError::TopicGone
        );
        assert!(matches!(error_of(&Status::unavailable("x")), EventError::Unavailable { .. }));
    }
}
