use std::time::Duration;

use sandbox::{Config, Delays, Sandbox};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::support::{Org, start};

// Written from the published field numbers, apart from the sandbox's own messages.
#[derive(Clone, PartialEq, prost::Message)]
struct Fetch {
    #[prost(string, tag = "1")]
    topic: String,
    #[prost(int32, tag = "2")]
    preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    count: i32,
}
#[derive(Clone, PartialEq, prost::Message)]
pub struct Producer {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub payload: Vec<u8>,
}
#[derive(Clone, PartialEq, prost::Message)]
pub struct Consumer {
    #[prost(message, optional, tag = "1")]
    pub event: Option<Producer>,
    #[prost(bytes = "vec", tag = "2")]
    pub replay_id: Vec<u8>,
}
#[derive(Clone, PartialEq, prost::Message)]
pub struct Fetched {
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<Consumer>,
    #[prost(bytes = "vec", tag = "2")]
    pub latest: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub pending: i32,
}
#[derive(Clone, PartialEq, prost::Message)]
struct Name {
    #[prost(string, tag = "1")]
    name: String,
}
#[derive(Clone, PartialEq, prost::Message)]
struct Topic {
    #[prost(bool, tag = "4")]
    can_subscribe: bool,
    #[prost(string, tag = "5")]
    schema_id: String,
}

pub const ORDERS: &str = "/event/OrderProvisionRequested__e";

pub struct Bus {
    channel: Channel,
    headers: [(&'static str, String); 3],
}

impl Bus {
    pub async fn connect(sandbox: &Sandbox, org: &Org) -> Self {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&sandbox.endpoints().ca_pem));
        let channel = Channel::from_shared(sandbox.endpoints().pubsub.clone())
            .unwrap()
            .tls_config(tls)
            .unwrap()
            .connect()
            .await
            .unwrap();
        let tenant = org.id_url.rsplit('/').nth(1).unwrap().to_owned();
        Self {
            channel,
            headers: [("accesstoken", org.token.clone()), ("instanceurl", org.base.clone()), ("tenantid", tenant)],
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in &self.headers {
            request.metadata_mut().insert(*name, value.parse().unwrap());
        }
        request
    }

    async fn unary<A: prost::Message + Default + 'static>(&self, rpc: &'static str, name: &str) -> Result<A, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.unwrap();
        let codec: ProstCodec<Name, A> = ProstCodec::default();
        let reply =
            grpc.unary(self.request(Name { name: name.to_owned() }), PathAndQuery::from_static(rpc), codec).await?;
        Ok(reply.into_inner())
    }

    async fn subscribe(&self, first: Fetch) -> Result<(mpsc::Sender<Fetch>, Streaming<Fetched>), Status> {
        let (sender, receiver) = mpsc::channel(8);
        sender.send(first).await.unwrap();
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.unwrap();
        let codec: ProstCodec<Fetch, Fetched> = ProstCodec::default();
        let path = PathAndQuery::from_static("/eventbus.v1.PubSub/Subscribe");
        let reply = grpc.streaming(self.request(ReceiverStream::new(receiver)), path, codec).await?;
        Ok((sender, reply.into_inner()))
    }

    pub async fn open(
        &self,
        preset: i32,
        replay_id: &[u8],
        count: i32,
    ) -> Result<(KeepOpen, Streaming<Fetched>), Status> {
        let first = Fetch { topic: ORDERS.to_owned(), preset, replay_id: replay_id.to_vec(), count };
        let (sender, stream) = self.subscribe(first).await?;
        Ok((KeepOpen(sender), stream))
    }
}

/// The stream ends when the client's half does.
pub struct KeepOpen(mpsc::Sender<Fetch>);

impl KeepOpen {
    /// Asks for more; a stream that has ended is told nothing.
    pub async fn ask(&self, count: i32) {
        let _ = self.0.send(Fetch { count, ..Fetch::default() }).await;
    }
}

pub async fn next(stream: &mut Streaming<Fetched>) -> Result<Fetched, Status> {
    let message =
        tokio::time::timeout(Duration::from_secs(5), stream.message()).await.expect("an answer within 5 s")?;
    message.ok_or_else(|| Status::aborted("the stream ended"))
}

#[tokio::test]
async fn events_are_delivered_in_order_and_only_as_many_as_asked_for() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let bus = Bus::connect(&sandbox, &org).await;
    for n in 0..5 {
        sandbox.world().publish_event(ORDERS, json!({ "OrderId__c": format!("801-{n}") }));
    }
    sandbox.world().publish_event("CaseUpdated__e", json!({ "CaseId__c": "500" }));
    let first = Fetch { topic: ORDERS.to_owned(), preset: 1, replay_id: Vec::new(), count: 2 };
    let (sender, mut stream) = bus.subscribe(first).await.unwrap();
    let batch = next(&mut stream).await.unwrap();
    assert_eq!((batch.events.len(), batch.pending, batch.latest.len()), (2, 0, 8));
    sender.send(Fetch { count: 500, ..Fetch::default() }).await.unwrap();
    let rest = next(&mut stream).await.unwrap();
    assert_eq!((rest.events.len(), rest.pending), (3, 97), "500 count as 100");
    let ids: Vec<u64> = batch
        .events
        .iter()
        .chain(&rest.events)
        .map(|e| u64::from_be_bytes(e.replay_id.clone().try_into().unwrap()))
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]) && ids[4] - ids[0] >= 4);

    let topic: Topic = bus.unary("/eventbus.v1.PubSub/GetTopic", ORDERS).await.unwrap();
    assert!(topic.can_subscribe && topic.schema_id.len() == 22);
    let event = rest.events[0].event.clone().unwrap();
    assert_eq!(event.schema_id, topic.schema_id);
    let schema: Name = bus.unary("/eventbus.v1.PubSub/GetSchema", &topic.schema_id).await.unwrap();
    let schema = apache_avro::Schema::parse_str(&schema.name).unwrap();
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(&schema).build().unwrap();
    let apache_avro::types::Value::Record(fields) = reader.read_value(&mut event.payload.as_slice()).unwrap() else {
        panic!()
    };
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["CreatedDate", "CreatedById", "OrderId__c", "RequestId__c"]);
    assert!(
        matches!(&fields[2].1, apache_avro::types::Value::Union(1, text) if **text == apache_avro::types::Value::String("801-2".into()))
    );

    let (_open, mut resumed) = bus.open(2, &batch.events[1].replay_id, 100).await.unwrap();
    assert_eq!(next(&mut resumed).await.unwrap().events.len(), 3, "CUSTOM begins after the id");
    sandbox.stop().await;
}

#[tokio::test]
async fn wrong_requests_end_the_stream_with_their_code() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let bus = Bus::connect(&sandbox, &org).await;
    let good = Fetch { topic: ORDERS.to_owned(), preset: 0, replay_id: Vec::new(), count: 1 };
    for (first, code, suffix) in [
        (Fetch { topic: "/event/Nope__e".into(), ..good.clone() }, Code::NotFound, "topic.not.found"),
        (
            Fetch { preset: 2, replay_id: vec![0; 8], ..good.clone() },
            Code::InvalidArgument,
            "subscription.fetch.replayid.corrupted",
        ),
        (Fetch { preset: 2, ..good.clone() }, Code::InvalidArgument, "subscription.fetch.replayid.validation.failed"),
        (Fetch { count: 0, ..good.clone() }, Code::InvalidArgument, "subscription.fetch.requested.events.invalid"),
    ] {
        let (_sender, mut stream) = bus.subscribe(first).await.unwrap();
        let status = next(&mut stream).await.unwrap_err();
        assert_eq!(status.code(), code);
        let trailer = |name: &str| status.metadata().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(trailer("error-code"), format!("sfdc.platform.eventbus.grpc.{suffix}"));
        assert!(status.message().ends_with(&format!("rpcId: {}", trailer("rpc-id"))));
    }
    let mut stranger = Bus::connect(&sandbox, &org).await;
    stranger.headers[0].1 = "wrong".to_owned();
    let status = stranger.open(0, &[], 1).await.err().unwrap();
    assert_eq!(status.code(), Code::Unauthenticated);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_quiet_stream_shows_life_and_a_dropped_session_ends_it() {
    let delays = Delays { pubsub_keep_alive_ms: 100, ..Delays::default() };
    let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
    let org = Org::sign_in(&sandbox).await;
    let bus = Bus::connect(&sandbox, &org).await;
    let (_open, mut stream) = bus.open(0, &[], 10).await.unwrap();
    let quiet = next(&mut stream).await.unwrap();
    assert!(quiet.events.is_empty() && quiet.latest.len() == 8 && quiet.pending == 10);
    let (_again, mut resumed) = bus.open(2, &quiet.latest, 1).await.unwrap();
    assert!(
        next(&mut resumed).await.unwrap().events.is_empty(),
        "the mark of an empty answer is a good place to go on"
    );
    sandbox.world().drop_sessions();
    let ended = loop {
        if let Err(status) = next(&mut stream).await {
            break status;
        }
    };
    assert_eq!(ended.code(), Code::Unauthenticated);
    sandbox.stop().await;
}
