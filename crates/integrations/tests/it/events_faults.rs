//! A subscriber that stores each batch, against an event bus with faults: every event arrives, and one that comes twice is
//! recognised by its id.

use crate::harness::Upstreams;
use domain::orders::providers::salesforce::provision_requested;
use integrations::salesforce::events::{EventError, Start, Subscriber};
use sandbox::{Aim, DelayPoint, Fault, FaultKind, System};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

const TOPIC: &str = "/event/OrderProvisionRequested__e";

fn publish(upstreams: &Upstreams, orders: std::ops::Range<usize>) {
    for n in orders {
        upstreams.sandbox.world().publish_event(TOPIC, json!({ "OrderId__c": order(n), "RequestId__c": "r" }));
    }
}

fn order(n: usize) -> String {
    format!("801000000000{n:03}AAA")
}

/// What a worker does: stores a batch together with its place, forgets a place that is not accepted, connects again.
struct Reader {
    subscriber: Subscriber,
    window: u8,
    place: Option<Vec<u8>>,
    /// Order of each event by the event's id, with the number of its deliveries.
    seen: HashMap<String, (String, usize)>,
    ends: Vec<EventError>,
}

impl Reader {
    fn new(upstreams: &Upstreams, window: u8) -> Self {
        let config = integrations::salesforce::Config { event_silence_seconds: 1, ..upstreams.salesforce_config() };
        let client = integrations::salesforce::Client::new(config).unwrap();
        let subscriber = Subscriber::new(client).unwrap();
        Self { subscriber, window, place: None, seen: HashMap::new(), ends: Vec::new() }
    }

    /// Reads until `count` different events are stored.
    async fn read(&mut self, count: usize) {
        let work = async {
            while self.seen.len() < count {
                if let Err(end) = self.read_stream(count).await {
                    if end == EventError::ReplayIdInvalid {
                        self.place = None;
                    }
                    self.ends.push(end);
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), work).await.unwrap();
    }

    async fn read_stream(&mut self, count: usize) -> Result<(), EventError> {
        let start = self.place.clone().map_or(Start::Earliest, Start::After);
        let mut stream = self.subscriber.connect(TOPIC, start, self.window).await?;
        while self.seen.len() < count {
            let batch = stream.next().await?;
            assert_eq!(batch.undecodable, 0);
            for event in &batch.events {
                let order = provision_requested(&event.uuid, &event.fields).unwrap().salesforce_order_id;
                let stored = self.seen.entry(event.uuid.clone()).or_insert((order.clone(), 0));
                assert_eq!(stored.0, order, "one id, one event");
                stored.1 += 1;
            }
            self.place = Some(batch.latest_replay_id.clone());
            stream.stored(&batch).await?;
        }
        Ok(())
    }

    fn orders(&self) -> Vec<String> {
        let mut orders: Vec<String> = self.seen.values().map(|(order, _)| order.clone()).collect();
        orders.sort();
        orders
    }

    fn deliveries(&self) -> usize {
        self.seen.values().map(|(_, times)| times).sum()
    }
}

/// Six events, and a fault at one delivery after `skip` good ones.
async fn survives(kind: FaultKind, window: u8, skip: u32) -> Reader {
    let upstreams = Upstreams::start().await;
    let mut reader = Reader::new(&upstreams, window);
    let fault = Fault { system: System::PubSub, operation: Some("deliver".into()), kind: kind.clone(), times: Some(1) };
    upstreams.sandbox.world().add_fault(fault.aimed(Aim { skip, ..Aim::default() }));
    publish(&upstreams, 0..6);
    reader.read(6).await;
    assert!(upstreams.sandbox.world().faults().is_empty(), "{kind:?} struck");
    let expected: Vec<String> = (0..6).map(order).collect();
    assert_eq!(reader.orders(), expected, "{kind:?}, window {window}");
    upstreams.sandbox.stop().await;
    reader
}

#[tokio::test]
async fn a_reset_loses_nothing() {
    for (after, window, skip) in [(0, 10, 0), (2, 10, 0), (3, 1, 1), (0, 1, 2)] {
        let reader = survives(FaultKind::Reset { after }, window, skip).await;
        assert_eq!(reader.ends.len(), 1, "{after}: {:?}", reader.ends);
        assert!(matches!(reader.ends[0], EventError::Unavailable { .. }), "{:?}", reader.ends);
        assert_eq!(reader.deliveries(), 6, "what was stored before the reset does not come again");
    }
}

#[tokio::test]
async fn an_unavailable_service_loses_nothing_and_asks_for_patience() {
    let reader = survives(FaultKind::Interrupt { after: 1 }, 10, 0).await;
    assert_eq!(reader.ends.len(), 1);
    assert_eq!(reader.ends[0].least_wait(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_silent_stream_is_left_and_loses_nothing() {
    let reader = survives(FaultKind::Silent, 1, 2).await;
    assert_eq!(reader.ends, [EventError::Unavailable { reason: "silence" }]);
}

#[tokio::test]
async fn a_session_that_really_ends_is_renewed_within_the_stream() {
    let reader = survives(FaultKind::ExpiredSession, 1, 2).await;
    assert!(reader.ends.is_empty(), "{:?}", reader.ends);
    assert_eq!(reader.deliveries(), 6);
}

#[tokio::test]
async fn late_and_reordered_events_arrive() {
    for kind in [FaultKind::Delay(500, DelayPoint::BeforeCommit), FaultKind::Reorder] {
        let reader = survives(kind, 10, 0).await;
        assert!(reader.ends.is_empty(), "{:?}", reader.ends);
        assert_eq!(reader.deliveries(), 6);
    }
}

#[tokio::test]
async fn what_comes_twice_carries_the_same_id() {
    for window in [1, 100] {
        let upstreams = Upstreams::start().await;
        let mut reader = Reader::new(&upstreams, window);
        publish(&upstreams, 0..3);
        let fault = Fault { system: System::PubSub, operation: None, kind: FaultKind::Duplicate, times: None };
        upstreams.sandbox.world().add_fault(fault);
        reader.read(3).await;
        assert_eq!(reader.orders(), (0..3).map(order).collect::<Vec<_>>(), "three events, however often they came");
        assert!(reader.deliveries() > 3, "window {window}: {}", reader.deliveries());
        assert!(reader.ends.is_empty(), "{:?}", reader.ends);
        upstreams.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_place_that_is_called_corrupted_begins_at_the_oldest_event() {
    let upstreams = Upstreams::start().await;
    let mut reader = Reader::new(&upstreams, 10);
    publish(&upstreams, 0..2);
    reader.read(2).await;
    let kind = FaultKind::CorruptedReplayId;
    upstreams.sandbox.world().add_fault(Fault { system: System::PubSub, operation: None, kind, times: Some(1) });
    publish(&upstreams, 2..3);
    reader.read(3).await;
    assert_eq!(reader.ends, [EventError::ReplayIdInvalid]);
    assert_eq!((reader.seen.len(), reader.deliveries()), (3, 5), "the first two came again, with their ids");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_bus_that_fails_a_third_of_the_time_delivers_everything() {
    let upstreams = Upstreams::start().await;
    let mut reader = Reader::new(&upstreams, 1);
    for (kind, seed) in [(FaultKind::Reset { after: 1 }, 1), (FaultKind::Duplicate, 2), (FaultKind::ExpiredSession, 3)]
    {
        let fault = Fault { system: System::PubSub, operation: Some("deliver".into()), kind, times: None };
        upstreams.sandbox.world().add_fault(fault.aimed(Aim { share: Some(15), seed, ..Aim::default() }));
    }
    publish(&upstreams, 0..20);
    reader.read(20).await;
    assert_eq!(reader.orders(), (0..20).map(order).collect::<Vec<_>>());
    let struck: u64 = upstreams.sandbox.world().faults().iter().map(|fault| fault.struck).sum();
    assert!(struck >= 3, "{struck}");
    upstreams.sandbox.stop().await;
}
