//! Messages of `eventbus.v1`; field numbers are those of the published proto.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TopicRequest {
    #[prost(string, tag = "1")]
    pub topic_name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TopicInfo {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(string, tag = "2")]
    pub tenant_guid: String,
    #[prost(bool, tag = "3")]
    pub can_publish: bool,
    #[prost(bool, tag = "4")]
    pub can_subscribe: bool,
    #[prost(string, tag = "5")]
    pub schema_id: String,
    #[prost(string, tag = "6")]
    pub rpc_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SchemaRequest {
    #[prost(string, tag = "1")]
    pub schema_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SchemaInfo {
    #[prost(string, tag = "1")]
    pub schema_json: String,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EventHeader {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ProducerEvent {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub payload: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    pub headers: Vec<EventHeader>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ConsumerEvent {
    #[prost(message, optional, tag = "1")]
    pub event: Option<ProducerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub replay_id: Vec<u8>,
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum ReplayPreset {
    Latest = 0,
    Earliest = 1,
    Custom = 2,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FetchRequest {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(enumeration = "ReplayPreset", tag = "2")]
    pub replay_preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub num_requested: i32,
    #[prost(string, tag = "5")]
    pub auth_refresh: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FetchResponse {
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<ConsumerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
    #[prost(int32, tag = "4")]
    pub pending_num_requested: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PublishRequest {
    #[prost(string, tag = "1")]
    pub topic_name: String,
    #[prost(message, repeated, tag = "2")]
    pub events: Vec<ProducerEvent>,
    #[prost(string, tag = "3")]
    pub auth_refresh: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PublishResponse {
    #[prost(message, repeated, tag = "1")]
    pub results: Vec<PublishResult>,
    #[prost(string, tag = "2")]
    pub schema_id: String,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PublishResult {
    #[prost(bytes = "vec", tag = "1")]
    pub replay_id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub error: Option<EventError>,
    #[prost(string, tag = "3")]
    pub correlation_key: String,
}

/// `Error` in the proto.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EventError {
    /// ErrorCode: UNKNOWN 0, PUBLISH 1, COMMIT 2.
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub msg: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ManagedFetchRequest {
    #[prost(string, tag = "1")]
    pub subscription_id: String,
    #[prost(string, tag = "2")]
    pub developer_name: String,
    #[prost(int32, tag = "3")]
    pub num_requested: i32,
    #[prost(string, tag = "4")]
    pub auth_refresh: String,
    #[prost(message, optional, tag = "5")]
    pub commit_replay_id_request: Option<CommitReplayRequest>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ManagedFetchResponse {
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<ConsumerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub rpc_id: String,
    #[prost(int32, tag = "4")]
    pub pending_num_requested: i32,
    #[prost(message, optional, tag = "5")]
    pub commit_response: Option<CommitReplayResponse>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CommitReplayRequest {
    #[prost(string, tag = "1")]
    pub commit_request_id: String,
    #[prost(bytes = "vec", tag = "2")]
    pub replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CommitReplayResponse {
    #[prost(string, tag = "1")]
    pub commit_request_id: String,
    #[prost(bytes = "vec", tag = "2")]
    pub replay_id: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub error: Option<EventError>,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "4")]
    pub process_time: i64,
}
