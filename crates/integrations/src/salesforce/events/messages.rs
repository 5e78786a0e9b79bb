//! The messages of `eventbus.v1.PubSub` that the portal uses, as the vendor's proto numbers them. Written out by hand:
//! a dozen small messages do not justify a protobuf compiler in every build.

/// `ReplayPreset`.
pub(super) const LATEST: i32 = 0;
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

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct TopicRequest {
    #[prost(string, tag = "1")]
    pub topic_name: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct TopicInfo {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(bool, tag = "3")]
    pub can_publish: bool,
    #[prost(bool, tag = "4")]
    pub can_subscribe: bool,
    #[prost(string, tag = "5")]
    pub schema_id: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct PublishRequest {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(message, repeated, tag = "2")]
    pub events: Vec<ProducerEvent>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct PublishResponse {
    #[prost(message, repeated, tag = "1")]
    pub results: Vec<PublishResult>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct PublishResult {
    #[prost(bytes = "vec", tag = "1")]
    pub replay_id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub error: Option<PublishError>,
    /// `ProducerEvent.id`.
    #[prost(string, tag = "3")]
    pub correlation_key: String,
}

/// `Error` in the proto.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct PublishError {
    #[prost(string, tag = "2")]
    pub msg: String,
}
