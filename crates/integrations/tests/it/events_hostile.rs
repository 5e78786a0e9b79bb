//! The Pub/Sub client against a server that breaks, lies and hangs.

use crate::harness::Upstreams;
use crate::pubsub_server::{Consumer, Fetched, Hostile, Producer, Step};
use integrations::salesforce::events::{AcceptLoss, EventError, EventStream, Start, Subscriber};
use serde_json::json;
use std::time::Duration;
use tonic::Code;

const TOPIC: &str = "/event/A__e";

/// The sandbox for sessions, a hostile server for events.
struct Rig {
    upstreams: Upstreams,
    server: Hostile,
    subscriber: Subscriber,
}

impl Rig {
    async fn start(streams: Vec<Vec<Step>>) -> Self {
        let upstreams = Upstreams::start().await;
        let (server, base, _) = Hostile::start(streams).await;
        server.schema("s", Ok(schema()));
        let config = integrations::salesforce::Config {
            pubsub_url: base.parse().unwrap(),
            event_silence_seconds: 1,
            ..upstreams.salesforce_config()
        };
        let client = integrations::salesforce::Client::new(config).unwrap();
        Self { upstreams, server, subscriber: Subscriber::new(client).unwrap() }
    }

    async fn open(&self, window: u8) -> EventStream {
        self.subscriber.connect(TOPIC, Start::Earliest, window).await.unwrap()
    }

    /// (preset, replay id, count) of each request so far.
    fn asked(&self) -> Vec<(i32, Vec<u8>, i32)> {
        self.server.requests().into_iter().map(|r| (r.replay_preset, r.replay_id, r.num_requested)).collect()
    }

    async fn stop(self) {
        drop(self.subscriber);
        self.upstreams.sandbox.stop().await;
    }
}

fn schema() -> String {
    json!({"type": "record", "name": "A__e", "fields": [{"name": "CreatedDate", "type": "long"}]}).to_string()
}

/// Event number `n` at place `n`, written with schema `schema`.
fn event(n: u8, schema: &str, payload: &[u8]) -> Consumer {
    let produced = Producer { id: format!("uuid-{n}"), schema_id: schema.to_owned(), payload: payload.to_vec() };
    Consumer { event: Some(produced), replay_id: place(n) }
}

fn place(n: u8) -> Vec<u8> {
    vec![0, 0, 0, 0, 0, 0, 0, n]
}

fn fetched(events: Vec<Consumer>, latest: u8, pending: i32) -> Fetched {
    Fetched { events, latest_replay_id: place(latest), rpc_id: "r".to_owned(), pending_num_requested: pending }
}

/// One good event; `CreatedDate` is 1.
fn one(n: u8, pending: i32) -> Step {
    Step::Send(fetched(vec![event(n, "s", &[2])], n, pending))
}

const AUTH: Step = Step::Fail(Code::Unauthenticated, "service.auth.error");

#[tokio::test]
async fn a_session_that_ends_in_mid_stream_is_renewed_and_the_stream_goes_on_after_what_is_stored() {
    let rig = Rig::start(vec![vec![one(1, 9), one(2, 8), AUTH], vec![one(2, 9), Step::Hang]]).await;
    let mut stream = rig.open(10).await;
    let first = stream.next().await.unwrap();
    stream.stored(&first).await.unwrap();
    let second = stream.next().await.unwrap();
    assert_eq!(second.events[0].uuid, "uuid-2");
    // Not stored when the session ends: it comes again.
    let again = stream.next().await.unwrap();
    assert_eq!(again.events[0].uuid, "uuid-2");
    assert_eq!(rig.asked(), [(1, vec![], 10), (2, place(1), 10)]);
    assert_eq!(rig.upstreams.count_calls(sandbox::System::Salesforce, "token"), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_session_that_is_never_accepted_is_not_renewed_for_ever() {
    let rig = Rig::start(vec![vec![one(1, 9), AUTH], vec![AUTH], vec![AUTH]]).await;
    let mut stream = rig.open(10).await;
    stream.next().await.unwrap();
    assert_eq!(stream.next().await, Err(EventError::Unauthenticated));
    assert_eq!(rig.asked().len(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn the_trailer_says_what_to_do() {
    let gone = EventError::TopicGone;
    let cases = [
        (Code::InvalidArgument, "subscription.fetch.replayid.corrupted", EventError::ReplayIdInvalid),
        (Code::InvalidArgument, "subscription.fetch.replayid.validation.failed", EventError::ReplayIdInvalid),
        (Code::NotFound, "topic.not.found", gone.clone()),
        (Code::PermissionDenied, "topic.meta.permission", gone.clone()),
        (Code::PermissionDenied, "subscription.topic.cannot.subscribe", gone.clone()),
        (Code::NotFound, "", gone),
        (Code::Internal, "service.unavailable", EventError::Unavailable { reason: "the service asks for patience" }),
        (
            Code::Unavailable,
            "topic.api.unavailable",
            EventError::Unavailable { reason: "the service asks for patience" },
        ),
        (
            Code::ResourceExhausted,
            "subscription.limit.exceeded",
            EventError::Unavailable { reason: "a limit is reached" },
        ),
        (
            Code::ResourceExhausted,
            "concurrent.client.limit.exceeded",
            EventError::Unavailable { reason: "a limit is reached" },
        ),
        (Code::ResourceExhausted, "", EventError::Unavailable { reason: "a limit is reached" }),
        (
            Code::InvalidArgument,
            "subscription.fetch.requested.events.invalid",
            EventError::Unavailable { reason: "the request is not accepted" },
        ),
    ];
    let rig = Rig::start(cases.iter().map(|(code, suffix, _)| vec![Step::Fail(*code, suffix)]).collect()).await;
    for (code, suffix, expected) in cases {
        let error = match rig.subscriber.connect(TOPIC, Start::Earliest, 1).await {
            Ok(mut stream) => stream.next().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error, expected, "{code:?} {suffix}");
        assert!(error.least_wait() >= Duration::from_millis(200));
    }
    rig.stop().await;
}

#[tokio::test]
async fn one_bad_event_does_not_hold_up_the_others() {
    let bad = [
        event(2, "s", &[0xff; 40]),
        event(3, "s", &[]),
        event(4, "html", &[2]),
        event(5, "unknown", &[2]),
        event(6, "", &[2]),
        Consumer { event: None, replay_id: place(7) },
    ];
    let all = [vec![event(1, "s", &[2])], bad.to_vec(), vec![event(8, "s", &[4])]].concat();
    let rig = Rig::start(vec![vec![Step::Send(fetched(all, 8, 0)), Step::Hang]]).await;
    rig.server.schema("html", Ok("<html>".to_owned()));
    let mut stream = rig.open(50).await;
    let batch = stream.next().await.unwrap();
    let uuids: Vec<&str> = batch.events.iter().map(|e| e.uuid.as_str()).collect();
    assert_eq!(uuids, ["uuid-1", "uuid-8"]);
    assert_eq!((batch.undecodable, batch.latest_replay_id), (6, place(8)));
    rig.stop().await;
}

#[tokio::test]
async fn a_schema_that_cannot_be_asked_for_stops_the_stream_so_that_nothing_is_lost() {
    let rig = Rig::start(vec![vec![Step::Send(fetched(vec![event(1, "later", &[2])], 1, 0)), Step::Hang]]).await;
    rig.server.schema("later", Err(Code::Unavailable));
    let mut stream = rig.open(10).await;
    assert!(matches!(stream.next().await, Err(EventError::Unavailable { .. })));
    rig.stop().await;
}

#[tokio::test]
async fn more_is_asked_for_after_storing_and_never_more_than_a_hundred_in_all() {
    let many = |from: u8, count: u8| (from..from + count).map(|n| event(n, "s", &[2])).collect::<Vec<_>>();
    let steps = vec![
        Step::Send(fetched(many(1, 60), 60, 40)),
        Step::Await,
        // More than it owes: taken, because nothing is lost by it.
        Step::Send(fetched(many(61, 120), 180, 0)),
        Step::Await,
        Step::Send(fetched(Vec::new(), 200, 100)),
        Step::Hang,
    ];
    let rig = Rig::start(vec![steps]).await;
    let mut stream = rig.open(100).await;
    for expected in [60, 120] {
        let batch = stream.next().await.unwrap();
        assert_eq!(batch.events.len(), expected);
        stream.stored(&batch).await.unwrap();
    }
    let keep_alive = stream.next().await.unwrap();
    assert_eq!((keep_alive.events.len(), &keep_alive.latest_replay_id), (0, &place(200)), "ahead of the last event");
    stream.stored(&keep_alive).await.unwrap();
    let counts: Vec<i32> = rig.asked().iter().map(|(_, _, count)| *count).collect();
    assert_eq!(counts, [100, 60, 100]);
    rig.stop().await;
}

#[tokio::test]
async fn a_response_without_a_place_keeps_the_old_one() {
    let nowhere = Fetched { latest_replay_id: Vec::new(), ..fetched(Vec::new(), 0, 9) };
    let rig = Rig::start(vec![vec![one(1, 9), Step::Send(nowhere), AUTH], vec![one(2, 9), Step::Hang]]).await;
    let mut stream = rig.open(10).await;
    for _ in 0..2 {
        let batch = stream.next().await.unwrap();
        stream.stored(&batch).await.unwrap();
    }
    assert_eq!(stream.next().await.unwrap().events[0].uuid, "uuid-2");
    assert_eq!(rig.asked().last().unwrap(), &(2, place(1), 10));
    rig.stop().await;
}

#[tokio::test]
async fn an_end_silence_and_a_flood_are_told() {
    let flood = Consumer { event: None, replay_id: vec![0; 20 * 1024 * 1024] };
    let rig = Rig::start(vec![vec![], vec![Step::Hang], vec![Step::Send(fetched(vec![flood], 1, 0))]]).await;
    for expected in ["the stream ended", "silence"] {
        let mut stream = rig.open(1).await;
        assert_eq!(stream.next().await, Err(EventError::Unavailable { reason: expected }));
    }
    let mut stream = rig.open(1).await;
    assert!(matches!(stream.next().await, Err(EventError::Unavailable { .. })), "a message above the limit");
    rig.stop().await;
}

#[tokio::test]
async fn the_tip_is_asked_for_only_on_purpose() {
    let rig = Rig::start(vec![vec![one(1, 0), Step::Hang]]).await;
    let mut stream = rig.subscriber.connect(TOPIC, Start::Latest(AcceptLoss), 1).await.unwrap();
    stream.next().await.unwrap();
    assert_eq!(rig.asked(), [(0, vec![], 1)]);
    rig.stop().await;
}
