//! A Pub/Sub server that does what a test tells it, with messages written down once more from the vendor's proto, so that
//! the client's own are not judged by themselves.

use prost::Message;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::codegen::{BoxFuture, BoxStream, Service, http};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

/// `FetchRequest`
#[derive(Clone, PartialEq, Message)]
pub struct Fetch {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(int32, tag = "2")]
    pub replay_preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub num_requested: i32,
}

/// `FetchResponse`
#[derive(Clone, PartialEq, Message)]
pub struct Fetched {
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<Consumer>,
    #[prost(bytes = "vec", tag = "2")]
    pub latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
    #[prost(int32, tag = "4")]
    pub pending_num_requested: i32,
}

/// `ConsumerEvent`
#[derive(Clone, PartialEq, Message)]
pub struct Consumer {
    #[prost(message, optional, tag = "1")]
    pub event: Option<Producer>,
    #[prost(bytes = "vec", tag = "2")]
    pub replay_id: Vec<u8>,
}

/// `ProducerEvent`
#[derive(Clone, PartialEq, Message)]
pub struct Producer {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub payload: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Name {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct TopicInfo {
    #[prost(string, tag = "1")]
    topic_name: String,
    #[prost(bool, tag = "4")]
    can_subscribe: bool,
    #[prost(string, tag = "5")]
    schema_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct SchemaInfo {
    #[prost(string, tag = "1")]
    schema_json: String,
}

/// What happens on a stream, in order. At its end the stream is closed.
#[derive(Clone, Debug)]
pub enum Step {
    Send(Fetched),
    /// Waits for the next request of the client.
    Await,
    /// Ends with this status and `error-code`, given without its common prefix.
    Fail(Code, &'static str),
    /// Stays open and says nothing.
    Hang,
}

#[derive(Default)]
struct Plan {
    streams: VecDeque<Vec<Step>>,
    schemas: Vec<(String, Result<String, Code>)>,
    requests: Vec<Fetch>,
}

/// Told by tests; clones are the same server.
#[derive(Clone, Default)]
pub struct Hostile(Arc<Mutex<Plan>>);

impl Hostile {
    /// Listens on a free port. Dropping the handle leaves the server to the end of the test's runtime.
    pub async fn start(streams: Vec<Vec<Step>>) -> (Self, String, JoinHandle<()>) {
        let hostile = Self::default();
        hostile.0.lock().unwrap().streams = streams.into();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = tonic::transport::Server::builder().add_service(hostile.clone());
        let task = tokio::spawn(async move {
            router.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
        });
        (hostile, base, task)
    }

    /// What `GetSchema` answers for an id; others are unknown.
    pub fn schema(&self, id: &str, answer: Result<String, Code>) {
        self.0.lock().unwrap().schemas.push((id.to_owned(), answer));
    }

    /// Every `FetchRequest` so far.
    pub fn requests(&self) -> Vec<Fetch> {
        self.0.lock().unwrap().requests.clone()
    }
}

impl NamedService for Hostile {
    const NAME: &'static str = "eventbus.v1.PubSub";
}

struct GetTopic;
struct GetSchema(Hostile);
struct Subscribe(Hostile);

impl UnaryService<Name> for GetTopic {
    type Response = TopicInfo;
    type Future = BoxFuture<Response<TopicInfo>, Status>;
    fn call(&mut self, request: Request<Name>) -> Self::Future {
        let topic_name = request.into_inner().name;
        Box::pin(async { Ok(Response::new(TopicInfo { topic_name, can_subscribe: true, schema_id: "s".to_owned() })) })
    }
}

impl UnaryService<Name> for GetSchema {
    type Response = SchemaInfo;
    type Future = BoxFuture<Response<SchemaInfo>, Status>;
    fn call(&mut self, request: Request<Name>) -> Self::Future {
        let id = request.into_inner().name;
        let plan = self.0.0.lock().unwrap();
        let found = plan.schemas.iter().find(|(known, _)| *known == id).map(|(_, answer)| answer.clone());
        let answer = match found {
            Some(Ok(schema_json)) => Ok(Response::new(SchemaInfo { schema_json })),
            Some(Err(code)) => Err(Status::new(code, "no")),
            None => Err(Status::not_found("no such schema")),
        };
        Box::pin(async { answer })
    }
}

impl StreamingService<Fetch> for Subscribe {
    type Response = Fetched;
    type ResponseStream = BoxStream<Fetched>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;
    fn call(&mut self, request: Request<Streaming<Fetch>>) -> Self::Future {
        let hostile = self.0.clone();
        let mut requests = request.into_inner();
        let (send, receive) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move {
            let next = async |requests: &mut Streaming<Fetch>| {
                let Ok(Some(request)) = requests.message().await else { return };
                hostile.0.lock().unwrap().requests.push(request);
            };
            next(&mut requests).await;
            let steps = hostile.0.lock().unwrap().streams.pop_front().unwrap_or_default();
            for step in steps {
                match step {
                    Step::Send(fetched) => drop(send.send(Ok(fetched)).await),
                    Step::Await => next(&mut requests).await,
                    Step::Fail(code, suffix) => drop(send.send(Err(failure(code, suffix))).await),
                    Step::Hang => std::future::pending().await,
                }
            }
        });
        Box::pin(async { Ok(Response::new(Box::pin(ReceiverStream::new(receive)) as BoxStream<Fetched>)) })
    }
}

fn failure(code: Code, suffix: &str) -> Status {
    let mut trailers = MetadataMap::new();
    if !suffix.is_empty() {
        let value = format!("sfdc.platform.eventbus.grpc.{suffix}");
        trailers.insert("error-code", MetadataValue::try_from(value).unwrap());
    }
    Status::with_metadata(code, "rpcId: 0", trailers)
}

impl Service<http::Request<tonic::body::Body>> for Hostile {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let hostile = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path().rsplit('/').next() {
                Some("GetTopic") => Grpc::new(ProstCodec::default()).unary(GetTopic, request).await,
                Some("GetSchema") => Grpc::new(ProstCodec::default()).unary(GetSchema(hostile), request).await,
                _ => Grpc::new(ProstCodec::default()).streaming(Subscribe(hostile), request).await,
            })
        })
    }
}
