//! What time does to events and streams: nothing is older than 72 hours, no session than two.

use std::time::Duration;

use sandbox::{Config, Delays, Sandbox};
use serde_json::json;
use tonic::{Code, Status, Streaming};

use crate::pubsub::{Bus, Fetched, ORDERS, next};
use crate::support::{Org, start};

const HOUR: Duration = Duration::from_secs(3_600);
const LATEST: i32 = 0;
const EARLIEST: i32 = 1;
const CUSTOM: i32 = 2;

async fn sign_in(sandbox: &Sandbox) -> Bus {
    Bus::connect(sandbox, &Org::sign_in(sandbox).await).await
}

fn publish(sandbox: &Sandbox, order: &str) {
    sandbox.world().publish_event(ORDERS, json!({ "OrderId__c": order }));
}

fn error_code(status: &Status) -> &str {
    status.metadata().get("error-code").unwrap().to_str().unwrap()
}

/// How a stream ends that delivers nothing more.
async fn failed(stream: &mut Streaming<Fetched>) -> Status {
    loop {
        match next(stream).await {
            Ok(batch) => assert!(batch.events.is_empty(), "{batch:?}"),
            Err(status) => return status,
        }
    }
}

#[tokio::test]
async fn events_are_gone_after_three_days() {
    let delays = Delays { pubsub_keep_alive_ms: 100, ..Delays::default() };
    let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
    let bus = sign_in(&sandbox).await;
    publish(&sandbox, "801-old");
    let (_open, mut stream) = bus.open(EARLIEST, &[], 10).await.unwrap();
    let old = next(&mut stream).await.unwrap().events[0].replay_id.clone();

    sandbox.world().advance_clock(71 * HOUR).unwrap();
    let bus = sign_in(&sandbox).await;
    let (_open, mut stream) = bus.open(EARLIEST, &[], 1).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1, "kept for 72 hours");
    let (_open, mut stream) = bus.open(CUSTOM, &old, 1).await.unwrap();
    let quiet = next(&mut stream).await.unwrap();
    assert!(quiet.events.is_empty());

    // Nothing is published in the meantime: the clock alone does it.
    sandbox.world().advance_clock(2 * HOUR).unwrap();
    let bus = sign_in(&sandbox).await;
    let (_open, mut stream) = bus.open(EARLIEST, &[], 10).await.unwrap();
    assert!(next(&mut stream).await.unwrap().events.is_empty());
    let (_open, mut stream) = bus.open(CUSTOM, &old, 10).await.unwrap();
    let status = failed(&mut stream).await;
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(error_code(&status), "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted");

    // The mark of an empty answer is as old as that answer, not as the last event.
    assert!(quiet.latest > old);
    publish(&sandbox, "801-new");
    for (preset, from) in [(CUSTOM, quiet.latest.as_slice()), (EARLIEST, &[])] {
        let (_open, mut stream) = bus.open(preset, from, 10).await.unwrap();
        assert_eq!(next(&mut stream).await.unwrap().events.len(), 1, "the new one, and nothing else");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_open_gets_no_event_that_has_grown_old() {
    let sandbox = start().await;
    let bus = sign_in(&sandbox).await;
    for n in 0..3 {
        publish(&sandbox, &format!("801-{n}"));
    }
    let (open, mut stream) = bus.open(EARLIEST, &[], 1).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    // Two are still owed when the client asks again, but their time is over, and the session's as well.
    sandbox.world().advance_clock(73 * HOUR).unwrap();
    open.ask(10).await;
    let status = failed(&mut stream).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    let bus = sign_in(&sandbox).await;
    let (_open, mut stream) = bus.open(EARLIEST, &[], 10).await.unwrap();
    publish(&sandbox, "801-new");
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_session_ends_in_mid_stream_after_two_hours() {
    let sandbox = start().await;
    let bus = sign_in(&sandbox).await;
    let (_open, mut stream) = bus.open(LATEST, &[], 10).await.unwrap();
    publish(&sandbox, "801-1");
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    sandbox.world().advance_clock(Duration::from_secs(2 * 3_600 - 60)).unwrap();
    publish(&sandbox, "801-2");
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1, "a minute before its end it still delivers");
    sandbox.world().advance_clock(Duration::from_secs(61)).unwrap();
    let status = failed(&mut stream).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(error_code(&status), "sfdc.platform.eventbus.grpc.service.auth.error");
    let refused = failed_to_open(&bus).await;
    assert_eq!((refused.code(), error_code(&refused)), (Code::Unauthenticated, error_code(&status)));
    sandbox.stop().await;
}

async fn failed_to_open(bus: &Bus) -> Status {
    bus.open(LATEST, &[], 1).await.err().expect("a token that has ended is not let in")
}
