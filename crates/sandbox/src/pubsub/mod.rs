//! The Pub/Sub API: `eventbus.v1.PubSub` over gRPC with TLS.

mod batch;
pub(crate) mod events;
mod flow;
pub(crate) mod log;
mod managed;
mod messages;
mod publish;
mod reset;
mod service;
mod subscribe;

use std::convert::Infallible;
use std::net::TcpListener;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codegen::{BoxFuture, BoxStream, Service, http};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::World;
use crate::world::store::Txn;
use messages::{
    FetchRequest, FetchResponse, ManagedFetchRequest, ManagedFetchResponse, PublishRequest, PublishResponse,
    SchemaInfo, SchemaRequest, TopicInfo, TopicRequest,
};

/// Table of kept events.
pub(crate) const EVENTS: &str = "events";
/// The series that replay ids come from.
pub(crate) const REPLAY_SERIES: &str = "events.replay";

/// What the bus knows at its beginning.
pub(crate) fn plant(txn: &mut Txn<'_>, stamp: &str) {
    managed::plant(txn, stamp);
    log::plant(txn);
}

/// Serves on a bound listener until the world ends its streams.
pub(crate) fn serve(world: World, listener: TcpListener) -> anyhow::Result<JoinHandle<()>> {
    let keys = world.keys();
    let identity = Identity::from_pem(&keys.certificate_pem, &keys.certificate_key_pem);
    let mut server = Server::builder().tls_config(ServerTlsConfig::new().identity(identity))?;
    let incoming = TcpListenerStream::new(tokio::net::TcpListener::from_std(listener)?);
    let mut stopping = world.watch_stop();
    let router = server.add_service(PubSub { world });
    Ok(tokio::spawn(async move {
        let stop = async move {
            // An error means that the world is gone: stop as well.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        if let Err(error) = router.serve_with_incoming_shutdown(incoming, stop).await {
            tracing::error!(%error, "sandbox Pub/Sub server ended");
        }
    }))
}

/// The service, written by hand as generated code would be: one small type an RPC.
#[derive(Clone)]
struct PubSub {
    world: World,
}

impl NamedService for PubSub {
    const NAME: &'static str = "eventbus.v1.PubSub";
}

struct GetTopic(World);
struct GetSchema(World);
struct Publish(World);
struct Subscribe(World);
struct PublishStream(World);
struct ManagedSubscribe(World);

impl UnaryService<TopicRequest> for GetTopic {
    type Response = TopicInfo;
    type Future = BoxFuture<Response<TopicInfo>, Status>;
    fn call(&mut self, request: Request<TopicRequest>) -> Self::Future {
        Box::pin(service::get_topic(self.0.clone(), request))
    }
}

impl UnaryService<SchemaRequest> for GetSchema {
    type Response = SchemaInfo;
    type Future = BoxFuture<Response<SchemaInfo>, Status>;
    fn call(&mut self, request: Request<SchemaRequest>) -> Self::Future {
        Box::pin(service::get_schema(self.0.clone(), request))
    }
}

impl UnaryService<PublishRequest> for Publish {
    type Response = PublishResponse;
    type Future = BoxFuture<Response<PublishResponse>, Status>;
    fn call(&mut self, request: Request<PublishRequest>) -> Self::Future {
        Box::pin(publish::publish(self.0.clone(), request))
    }
}

impl StreamingService<FetchRequest> for Subscribe {
    type Response = FetchResponse;
    type ResponseStream = BoxStream<FetchResponse>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;
    fn call(&mut self, request: Request<Streaming<FetchRequest>>) -> Self::Future {
        Box::pin(subscribe::subscribe(self.0.clone(), request))
    }
}

impl StreamingService<PublishRequest> for PublishStream {
    type Response = PublishResponse;
    type ResponseStream = BoxStream<PublishResponse>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;
    fn call(&mut self, request: Request<Streaming<PublishRequest>>) -> Self::Future {
        Box::pin(publish::publish_stream(self.0.clone(), request))
    }
}

impl StreamingService<ManagedFetchRequest> for ManagedSubscribe {
    type Response = ManagedFetchResponse;
    type ResponseStream = BoxStream<ManagedFetchResponse>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;
    fn call(&mut self, request: Request<Streaming<ManagedFetchRequest>>) -> Self::Future {
        Box::pin(managed::subscribe(self.0.clone(), request))
    }
}

impl Service<http::Request<tonic::body::Body>> for PubSub {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let world = self.world.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/eventbus.v1.PubSub/GetTopic" => {
                    Grpc::new(ProstCodec::default()).unary(GetTopic(world), request).await
                }
                "/eventbus.v1.PubSub/GetSchema" => {
                    Grpc::new(ProstCodec::default()).unary(GetSchema(world), request).await
                }
                "/eventbus.v1.PubSub/Publish" => Grpc::new(ProstCodec::default()).unary(Publish(world), request).await,
                "/eventbus.v1.PubSub/Subscribe" => {
                    reset::heed(Grpc::new(ProstCodec::default()).streaming(Subscribe(world), request).await)
                }
                "/eventbus.v1.PubSub/PublishStream" => {
                    Grpc::new(ProstCodec::default()).streaming(PublishStream(world), request).await
                }
                "/eventbus.v1.PubSub/ManagedSubscribe" => {
                    reset::heed(Grpc::new(ProstCodec::default()).streaming(ManagedSubscribe(world), request).await)
                }
                _ => Status::unimplemented("this RPC is not offered").into_http(),
            })
        })
    }
}
