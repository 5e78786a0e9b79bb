use crate::harness::Upstreams;
use domain::orders::providers::salesforce::provision_requested;
use integrations::salesforce::events::{AcceptLoss, Batch, EventError, EventStream, NewEvent, Start, Subscriber};
use sandbox::{FaultKind, System};
use serde_json::json;

const TOPIC: &str = "/event/OrderProvisionRequested__e";
const ORDERS: [&str; 3] = ["801000000000001AAA", "801000000000002AAA", "801000000000003AAA"];

fn publish(upstreams: &Upstreams, order: &str) {
    upstreams.sandbox.world().publish_event(TOPIC, json!({ "OrderId__c": order, "RequestId__c": "r-1" }));
}

/// The orders of the next `count` events, and where the stream then stands.
async fn read(stream: &mut EventStream, count: usize) -> (Vec<String>, Vec<u8>) {
    let (mut orders, mut position) = (Vec::new(), Vec::new());
    while orders.len() < count {
        let batch: Batch = stream.next().await.unwrap();
        assert_eq!(batch.undecodable, 0);
        for event in &batch.events {
            assert_eq!(event.name, "OrderProvisionRequested__e");
            orders.push(provision_requested(&event.uuid, &event.fields).unwrap().salesforce_order_id);
        }
        position = batch.latest_replay_id;
        assert!(position.len() >= 8);
        if batch.pending == 0 {
            stream.more(1).await.unwrap();
        }
    }
    (orders, position)
}

#[tokio::test]
async fn events_arrive_and_a_stored_position_goes_on_after_them() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    publish(&upstreams, ORDERS[0]);
    publish(&upstreams, ORDERS[1]);
    let mut stream = subscriber.connect(TOPIC, Start::Earliest, 1).await.unwrap();
    let (orders, position) = read(&mut stream, 2).await;
    assert_eq!(orders, ORDERS[..2]);
    drop(stream);

    publish(&upstreams, ORDERS[2]);
    let mut stream = subscriber.connect(TOPIC, Start::After(position), 100).await.unwrap();
    assert_eq!(read(&mut stream, 1).await.0, ORDERS[2..]);
    drop(stream);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_position_or_topic_that_is_not_known_is_told_apart() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    let fails = async |topic: &str, start: Start| match subscriber.connect(topic, start, 1).await {
        Err(error) => error,
        Ok(mut stream) => stream.next().await.unwrap_err(),
    };
    assert_eq!(fails(TOPIC, Start::After(vec![0xff; 8])).await, EventError::ReplayIdInvalid);
    assert_eq!(fails("/event/Nothing__e", Start::Earliest).await, EventError::TopicGone);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_expired_session_is_renewed_for_the_next_stream() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    let stream = subscriber.connect(TOPIC, Start::Earliest, 1).await.unwrap();
    drop(stream);
    upstreams.sandbox.world().drop_sessions();
    publish(&upstreams, ORDERS[0]);
    let mut stream = match subscriber.connect(TOPIC, Start::Earliest, 10).await {
        Ok(stream) => stream,
        Err(error) => panic!("{error}"),
    };
    let first = stream.next().await;
    let mut stream = match first {
        Ok(batch) => {
            assert_eq!(batch.events.len(), 1);
            stream
        }
        Err(error) => {
            assert_eq!(error, EventError::Unauthenticated);
            let mut stream = subscriber.connect(TOPIC, Start::Earliest, 10).await.unwrap();
            assert_eq!(read(&mut stream, 1).await.0, ORDERS[..1]);
            stream
        }
    };
    publish(&upstreams, ORDERS[1]);
    assert_eq!(read(&mut stream, 1).await.0, ORDERS[1..2]);
    drop(stream);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn silence_ends_a_stream() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    let mut stream = subscriber.connect(TOPIC, Start::Earliest, 1).await.unwrap();
    let started = std::time::Instant::now();
    assert_eq!(stream.next().await, Err(EventError::Unavailable { reason: "silence" }));
    assert!(started.elapsed().as_secs() >= 4);
    drop(stream);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_event_whose_schema_cannot_be_read_is_not_skipped() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    publish(&upstreams, ORDERS[0]);
    upstreams.fault(System::PubSub, "GetSchema", FaultKind::DropBefore);
    let mut stream = subscriber.connect(TOPIC, Start::Earliest, 10).await.unwrap();
    assert!(matches!(stream.next().await, Err(EventError::Unavailable { .. })));
    let mut stream = subscriber.connect(TOPIC, Start::Earliest, 10).await.unwrap();
    assert_eq!(read(&mut stream, 1).await.0, ORDERS[..1]);
    drop(stream);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn what_is_published_arrives_and_what_does_not_fit_is_told() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    let topic = subscriber.topic(TOPIC).await.unwrap();
    assert!(topic.can_publish && topic.can_subscribe && !topic.schema_id.is_empty());
    publish(&upstreams, ORDERS[0]);
    let mut stream = subscriber.connect(TOPIC, Start::Latest(AcceptLoss), 10).await.unwrap();
    let event = |id: &str, fields: serde_json::Value| NewEvent {
        id: id.to_owned(),
        fields: fields.as_object().unwrap().clone(),
    };
    let uuid = "0a6f1f2e-0000-4000-8000-000000000001";
    let fields = json!({"CreatedDate": 1, "CreatedById": "005000000000001AAA", "OrderId__c": ORDERS[1]});
    let results = subscriber.publish(TOPIC, &[event(uuid, fields)]).await.unwrap();
    assert_eq!(results[0].correlation_key, uuid);
    let place = results[0].result.clone().unwrap();
    let batch = stream.next().await.unwrap();
    assert_eq!(batch.events.len(), 1, "what came before the tip stays away");
    assert_eq!((batch.events[0].uuid.as_str(), &batch.events[0].replay_id), (uuid, &place));

    let wrong = event("x", json!({"CreatedDate": 1, "CreatedById": "005", "Nope__c": "x"}));
    assert!(subscriber.publish(TOPIC, &[wrong]).await.is_err());
    assert_eq!(subscriber.topic("/event/Nothing__e").await, Err(EventError::TopicGone));
    drop(stream);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_stream_outlives_its_session() {
    let upstreams = Upstreams::start().await;
    let subscriber = Subscriber::new(upstreams.salesforce.clone()).unwrap();
    let mut stream = subscriber.connect(TOPIC, Start::Earliest, 10).await.unwrap();
    publish(&upstreams, ORDERS[0]);
    let batch = stream.next().await.unwrap();
    stream.stored(&batch).await.unwrap();
    upstreams.sandbox.world().drop_sessions();
    publish(&upstreams, ORDERS[1]);
    let batch = stream.next().await.unwrap();
    let order = provision_requested(&batch.events[0].uuid, &batch.events[0].fields).unwrap();
    assert_eq!(order.salesforce_order_id, ORDERS[1], "the first is not delivered twice");
    assert_eq!(upstreams.count_calls(System::Salesforce, "token"), 2);
    drop(stream);
    upstreams.sandbox.stop().await;
}
