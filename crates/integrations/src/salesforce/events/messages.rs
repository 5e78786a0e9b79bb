//! The messages of `eventbus.v1.PubSub` that a subscriber uses, as the vendor's proto numbers them. Written out by hand:
//! eight small messages do not justify a protobuf compiler in every build.

/// `EARLIEST` and `CUSTOM` of `ReplayPreset`. `LATEST` (0) is left out on purpose: it loses events silently.
pub(super) const EARLIEST: i32 = 1;
pub(super) const CUSTOM: i32 = 2;

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct FetchRequest {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(int32, tag = "2")]
    pub replay_preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub num_requested: i32,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct FetchResponse {
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<ConsumerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
    #[prost(int32, tag = "4")]
    pub pending_num_requested: i32,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct ConsumerEvent {
    #[prost(message, optional, tag = "1")]
    pub event: Option<ProducerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct ProducerEvent {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub payload: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct SchemaRequest {
    #[prost(string, tag = "1")]
    pub schema_id: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct SchemaInfo {
    #[prost(string, tag = "1")]
    pub schema_json: String,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
}
