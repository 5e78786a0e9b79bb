//! The connection, the headers of every call, and the unary calls.

use super::error::{EventError, error_of};
use super::messages::{FetchRequest, FetchResponse, SchemaInfo, SchemaRequest, TopicInfo, TopicRequest};
use crate::salesforce::auth::Session;
use crate::salesforce::config::Config;
use prost::Message;
use secrecy::ExposeSecret as _;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// Time for a unary call.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest message received, bytes: several events of the allowed 1 MB in one batch. (A)
const MOST_MESSAGE: usize = 16 * 1024 * 1024;

/// What Salesforce says about a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Our user may read it.
    pub can_subscribe: bool,
    /// Our user may publish to it.
    pub can_publish: bool,
    /// The schema of new events; older ones may have another.
    pub schema_id: String,
}

#[derive(Clone, Debug)]
pub(super) struct Rpc(Channel);

impl Rpc {
    /// Connects lazily. Keep-alive pings find a dead connection before the silence rule does.
    pub fn new(config: &Config) -> Result<Self, tonic::transport::Error> {
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
        Ok(Self(endpoint.connect_lazy()))
    }

    pub async fn topic(&self, name: &str, session: &Session) -> Result<Topic, EventError> {
        let request = TopicRequest { topic_name: name.to_owned() };
        let info: TopicInfo = self.unary("/eventbus.v1.PubSub/GetTopic", request, session).await.map_err(as_error)?;
        Ok(Topic { can_subscribe: info.can_subscribe, can_publish: info.can_publish, schema_id: info.schema_id })
    }

    /// The text of a schema; `None` when there is none under this id, or it is larger than a message may be.
    pub async fn schema(&self, id: &str, session: &Session) -> Result<Option<String>, EventError> {
        let request = SchemaRequest { schema_id: id.to_owned() };
        match self.unary::<_, SchemaInfo>("/eventbus.v1.PubSub/GetSchema", request, session).await {
            Ok(info) => Ok(Some(info.schema_json)),
            Err(Some(status)) => match (status.code(), error_of(&status)) {
                // `OutOfRange` is our own end's word for a message above the limit.
                (Code::InvalidArgument | Code::NotFound | Code::OutOfRange, EventError::Unavailable { .. })
                | (Code::NotFound, EventError::TopicGone) => Ok(None),
                (_, error) => Err(error),
            },
            Err(None) => Err(EventError::Unavailable { reason: "no answer" }),
        }
    }

    /// Opens the stream; `requests` says what it asks for.
    pub async fn subscribe(
        &self,
        requests: mpsc::Receiver<FetchRequest>,
        session: &Session,
        patience: Duration,
    ) -> Result<Streaming<FetchResponse>, EventError> {
        let request = authorise(ReceiverStream::new(requests), session)?;
        let mut grpc = Grpc::new(self.0.clone()).max_decoding_message_size(MOST_MESSAGE);
        ready(&mut grpc).await?;
        let codec = ProstCodec::<FetchRequest, FetchResponse>::default();
        let path = PathAndQuery::from_static("/eventbus.v1.PubSub/Subscribe");
        let reply = tokio::time::timeout(patience, grpc.streaming(request, path, codec))
            .await
            .map_err(|_| EventError::Unavailable { reason: "no answer" })?
            .map_err(|status| error_of(&status))?;
        Ok(reply.into_inner())
    }

    /// `Err(None)`: no answer in time, or no connection.
    pub async fn unary<Q, A>(&self, path: &'static str, message: Q, session: &Session) -> Result<A, Option<Status>>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let request = authorise(message, session).map_err(|_| None)?;
        // The usual 4 MB apply.
        let mut grpc = Grpc::new(self.0.clone());
        ready(&mut grpc).await.map_err(|_| None)?;
        let call = grpc.unary(request, PathAndQuery::from_static(path), ProstCodec::<Q, A>::default());
        match tokio::time::timeout(PATIENCE, call).await {
            Ok(Ok(reply)) => Ok(reply.into_inner()),
            Ok(Err(status)) => Err(Some(status)),
            Err(_) => Err(None),
        }
    }
}

pub(super) fn as_error(status: Option<Status>) -> EventError {
    status.as_ref().map_or(EventError::Unavailable { reason: "no answer" }, error_of)
}

/// The three headers of every call. `instanceurl` has its scheme; the token stands without `Bearer`.
fn authorise<T>(message: T, session: &Session) -> Result<Request<T>, EventError> {
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

async fn ready(grpc: &mut Grpc<Channel>) -> Result<(), EventError> {
    grpc.ready().await.map_err(|_| EventError::Unavailable { reason: "cannot connect" })
}
