//! Faults of the event bus over real gRPC.

use std::time::{Duration, Instant};

use sandbox::{Aim, Config, DelayPoint, Delays, Fault, FaultKind, Sandbox, System};
use serde_json::json;
use tonic::{Code, Status};

use crate::pubsub::{Bus, Fetched, ORDERS, next};
use crate::support::{Org, start};

fn publish(sandbox: &Sandbox, count: usize) {
    for n in 0..count {
        sandbox.world().publish_event(ORDERS, json!({ "OrderId__c": format!("801-{n}") }));
    }
}

fn put(sandbox: &Sandbox, kind: FaultKind) {
    sandbox.world().add_fault(Fault { system: System::PubSub, operation: None, kind, times: Some(1) });
}

/// Event ids of a batch in the order of arrival.
fn ids(batch: &Fetched) -> Vec<String> {
    batch.events.iter().map(|event| event.event.as_ref().unwrap().id.clone()).collect()
}

fn trailer(status: &Status) -> String {
    let code = status.metadata().get("error-code").map(|code| code.to_str().unwrap().to_owned()).unwrap_or_default();
    if !code.is_empty() {
        let rpc = status.metadata().get("rpc-id").unwrap().to_str().unwrap();
        assert!(status.message().ends_with(&format!("rpcId: {rpc}")), "{status:?}");
    }
    code
}

struct Rig {
    sandbox: Sandbox,
    bus: Bus,
}

impl Rig {
    async fn start() -> Self {
        let sandbox = start().await;
        let org = Org::sign_in(&sandbox).await;
        let bus = Bus::connect(&sandbox, &org).await;
        Self { sandbox, bus }
    }
}

#[tokio::test]
async fn events_come_twice_within_a_batch_with_the_same_ids() {
    let rig = Rig::start().await;
    publish(&rig.sandbox, 2);
    put(&rig.sandbox, FaultKind::Duplicate);
    let (_open, mut stream) = rig.bus.open(1, &[], 10).await.unwrap();
    let batch = next(&mut stream).await.unwrap();
    let seen = ids(&batch);
    assert_eq!((seen.len(), batch.pending), (4, 6), "what comes twice counts twice");
    assert!(seen[0] == seen[1] && seen[2] == seen[3] && seen[0] != seen[2], "{seen:?}");
    assert_eq!(batch.events[0].replay_id, batch.events[1].replay_id);
    assert_eq!(batch.latest, batch.events[3].replay_id);
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn events_come_again_in_the_next_batch_when_nothing_more_was_asked_for() {
    let rig = Rig::start().await;
    publish(&rig.sandbox, 2);
    put(&rig.sandbox, FaultKind::Duplicate);
    let (open, mut stream) = rig.bus.open(1, &[], 2).await.unwrap();
    let first = next(&mut stream).await.unwrap();
    assert_eq!((first.events.len(), first.pending), (2, 0), "never more than asked for");
    open.ask(5).await;
    let again = next(&mut stream).await.unwrap();
    assert_eq!(ids(&again), ids(&first));
    assert_eq!((again.pending, &again.latest), (3, &first.latest));
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn a_batch_comes_in_reverse_and_a_single_event_does_not_use_the_fault_up() {
    let rig = Rig::start().await;
    put(&rig.sandbox, FaultKind::Reorder);
    publish(&rig.sandbox, 1);
    let (open, mut stream) = rig.bus.open(1, &[], 1).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    publish(&rig.sandbox, 3);
    open.ask(10).await;
    let batch = next(&mut stream).await.unwrap();
    let places: Vec<&Vec<u8>> = batch.events.iter().map(|event| &event.replay_id).collect();
    assert_eq!(places.len(), 3);
    assert!(places.windows(2).all(|pair| pair[0] > pair[1]), "{places:?}");
    assert_eq!(&batch.latest, places[0], "the place to go on is behind all of them");
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn events_are_late() {
    let rig = Rig::start().await;
    publish(&rig.sandbox, 1);
    put(&rig.sandbox, FaultKind::Delay(400, DelayPoint::BeforeCommit));
    let fault = FaultKind::Delay(400, DelayPoint::AfterCommit);
    rig.sandbox.world().add_fault(Fault {
        system: System::PubSub,
        operation: Some("deliver".into()),
        kind: fault,
        times: Some(1),
    });
    let started = Instant::now();
    let (_open, mut stream) = rig.bus.open(1, &[], 1).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(400), "the opening was late");
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    assert!(started.elapsed() >= Duration::from_millis(800), "the events were late");
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn a_stream_ends_after_so_many_events() {
    let rig = Rig::start().await;
    publish(&rig.sandbox, 5);
    for (kind, code, suffix) in [
        (FaultKind::Interrupt { after: 3 }, Code::Unavailable, "sfdc.platform.eventbus.grpc.service.unavailable"),
        (FaultKind::Reset { after: 3 }, Code::Internal, ""),
    ] {
        put(&rig.sandbox, kind.clone());
        let (open, mut stream) = rig.bus.open(1, &[], 2).await.unwrap();
        let first = next(&mut stream).await.unwrap();
        assert_eq!(first.events.len(), 2, "{kind:?}");
        open.ask(100).await;
        let second = next(&mut stream).await.unwrap();
        assert_eq!(second.events.len(), 1, "{kind:?}: the third and no more");
        let end = next(&mut stream).await.unwrap_err();
        assert_eq!((end.code(), trailer(&end).as_str()), (code, suffix), "{kind:?}: {end:?}");
        let (_open, mut resumed) = rig.bus.open(2, &second.latest, 100).await.unwrap();
        assert_eq!(next(&mut resumed).await.unwrap().events.len(), 2, "{kind:?}: the rest");
    }
    put(&rig.sandbox, FaultKind::Reset { after: 0 });
    let (_open, mut stream) = rig.bus.open(1, &[], 100).await.unwrap();
    let end = next(&mut stream).await.unwrap_err();
    assert_eq!((end.code(), trailer(&end).as_str()), (Code::Internal, ""), "{end:?}");
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn a_silent_stream_shows_no_life() {
    let delays = Delays { pubsub_keep_alive_ms: 100, ..Delays::default() };
    let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
    let org = Org::sign_in(&sandbox).await;
    let bus = Bus::connect(&sandbox, &org).await;
    for events in [0, 1] {
        put(&sandbox, FaultKind::Silent);
        let (_open, mut stream) = bus.open(0, &[], 10).await.unwrap();
        // Subscribed to the tip before anything is published.
        tokio::time::sleep(Duration::from_millis(if events == 0 { 150 } else { 20 })).await;
        publish(&sandbox, 1);
        let quiet = tokio::time::timeout(Duration::from_millis(600), stream.message()).await;
        assert!(quiet.is_err(), "{events}: {quiet:?}");
        sandbox.world().clear_faults();
    }
    let (_open, mut stream) = bus.open(1, &[], 10).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 2, "nothing was lost");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_session_ends_in_mid_stream() {
    let rig = Rig::start().await;
    publish(&rig.sandbox, 3);
    let fault = Fault {
        system: System::PubSub,
        operation: Some("deliver".into()),
        kind: FaultKind::ExpiredSession,
        times: Some(1),
    };
    rig.sandbox.world().add_fault(fault.aimed(Aim { skip: 1, ..Aim::default() }));
    let (open, mut stream) = rig.bus.open(1, &[], 1).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    open.ask(1).await;
    let end = next(&mut stream).await.unwrap_err();
    let code = "sfdc.platform.eventbus.grpc.service.auth.error";
    assert_eq!((end.code(), trailer(&end).as_str()), (Code::Unauthenticated, code));
    assert_eq!(rig.bus.open(1, &[], 1).await.err().unwrap().code(), Code::Unauthenticated, "it is really over");
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn a_place_is_called_corrupted_once() {
    let rig = Rig::start().await;
    publish(&rig.sandbox, 2);
    let (_open, mut stream) = rig.bus.open(1, &[], 1).await.unwrap();
    let place = next(&mut stream).await.unwrap().latest;
    put(&rig.sandbox, FaultKind::CorruptedReplayId);
    let (_earliest, mut other) = rig.bus.open(1, &[], 1).await.unwrap();
    assert_eq!(next(&mut other).await.unwrap().events.len(), 1, "a subscription without a place is left alone");
    let (_resume, mut stream) = rig.bus.open(2, &place, 1).await.unwrap();
    let end = next(&mut stream).await.unwrap_err();
    let code = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted";
    assert_eq!((end.code(), trailer(&end).as_str()), (Code::InvalidArgument, code));
    let (_resume, mut stream) = rig.bus.open(2, &place, 1).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().events.len(), 1);
    rig.sandbox.stop().await;
}

#[tokio::test]
async fn one_orders_event_can_be_hit_and_the_log_says_so() {
    let rig = Rig::start().await;
    let parameters = [("OrderId__c".to_owned(), "801-1".to_owned())].into();
    let fault = Fault { system: System::PubSub, operation: None, kind: FaultKind::Duplicate, times: None };
    rig.sandbox.world().add_fault(fault.aimed(Aim { parameters, ..Aim::default() }));
    publish(&rig.sandbox, 3);
    let (open, mut stream) = rig.bus.open(1, &[], 1).await.unwrap();
    let mut seen = ids(&next(&mut stream).await.unwrap());
    while seen.len() < 4 {
        open.ask(1).await;
        seen.extend(ids(&next(&mut stream).await.unwrap()));
    }
    assert!(seen[0] != seen[1] && seen[1] == seen[2] && seen[2] != seen[3], "{seen:?}");
    let struck: Vec<_> = rig.sandbox.world().calls().into_iter().filter(|call| call.fault.is_some()).collect();
    assert_eq!(struck.len(), 1);
    assert_eq!((struck[0].operation.as_str(), struck[0].parameters["OrderId__c"].as_str()), ("deliver", "801-1"));
    rig.sandbox.stop().await;
}
