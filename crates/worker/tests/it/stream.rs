//! The event stream under its own faults: nothing twice, nothing lost, never more outstanding than we can hold.

use crate::bench::{Bench, Tuning, Wish};
use domain::orders::Stage;
use integrations::salesforce::events::{Backoff, EventError};
use platform::on_both_stores;
use platform::store::cursors;
use platform::store::drift;
use platform::store::orders::Order;
use platform::testing::TestStore;
use sandbox::{Delays, Fault, FaultKind, System};
use serde_json::json;
use std::time::{Duration, Instant};
use worker::subscriber::stream::{self, WINDOW};

const TOPIC: &str = "/event/OrderProvisionRequested__e";

on_both_stores!(
    every_event_five_times_and_in_any_order_is_one_saga,
    two_subscribers_at_once_make_one_saga,
    a_corrupt_replay_id_is_dropped_and_said,
    a_position_of_five_days_ago_starts_from_the_oldest_event,
    eighty_hours_away_loses_no_order,
    a_silent_stream_is_left_for_a_new_one,
    a_session_that_ends_in_mid_stream_leaves_no_gap,
    a_burst_for_a_stopped_worker_arrives_whole_and_in_portions,
);

/// The oldest fault of the stream.
fn deliver(bench: &Bench, kind: FaultKind, times: u32) {
    bench.fault(System::PubSub, "deliver", kind, times);
}

/// How often the place on the stream was found to be lost, in this process.
fn positions_lost() -> f64 {
    let text = platform::metrics::render();
    let value = text.lines().find_map(|line| line.strip_prefix("replay_position_lost_total ")?.parse().ok());
    value.unwrap_or(0.0)
}

async fn eventually(what: &str, mut fits: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !fits().await {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn stored(bench: &Bench) -> Option<Vec<u8>> {
    cursors::replay_id(bench.db().conn(), TOPIC).await.unwrap().map(|(id, _)| id)
}

async fn every_event_five_times_and_in_any_order_is_one_saga(store: TestStore) {
    let bench = Bench::start(store).await;
    bench.nobody_is("reconciler").await;
    let customer = bench.customer().await;
    let orders = [bench.place(&customer, &[Wish::Esim]).await, bench.place(&customer, &[Wish::Internet]).await];
    orders.iter().for_each(|order| bench.approve(order));
    // Salesforce asks again under new ids, too.
    for n in 0..2 {
        for order in &orders {
            let fields = json!({ "OrderId__c": order.salesforce_order_id, "RequestId__c": format!("again-{n}") });
            bench.sandbox.world().publish_event(TOPIC, fields);
        }
    }
    // 2 + 2 + 1 deliveries of each.
    for kind in [FaultKind::Duplicate, FaultKind::Duplicate, FaultKind::Reorder] {
        deliver(&bench, kind, 1);
        let (stop, worker) = bench.worker().await;
        eventually("a place is stored", async || stored(&bench).await.is_some()).await;
        stop.cancel();
        worker.await.unwrap();
        cursors::forget_replay_id(bench.db().conn(), TOPIC).await.unwrap();
    }
    assert!(bench.sandbox.world().faults().is_empty(), "all three are used up");
    let (stop, worker) = bench.worker().await;
    for order in &orders {
        assert_eq!(bench.settled(order).await, Stage::Active);
    }
    assert_eq!(bench.count("SELECT count(*) FROM inbox_event").await, 6, "each event once");
    assert_eq!(bench.count("SELECT count(*) FROM job").await, 2, "one job an order");
    assert_eq!(bench.count("SELECT count(*) FROM run").await, 2, "one saga an order");
    assert_eq!(bench.whmcs_orders_of(bench.client_id(&customer).await).len(), 2, "one billing order an order");
    stop.cancel();
    worker.await.unwrap();
}

async fn two_subscribers_at_once_make_one_saga(store: TestStore) {
    let bench = Bench::start(store).await;
    bench.nobody_is("reconciler").await;
    bench.nobody_is("subscriber").await;
    let customer = bench.customer().await;
    let orders = [bench.place(&customer, &[Wish::Esim]).await, bench.place(&customer, &[Wish::Internet]).await];
    bench.approve(&orders[0]);
    let both: Vec<_> = (0..2)
        .map(|_| {
            let state = bench.state.clone();
            tokio::spawn(async move { stream::listen(&state).await.map(|_| ()) })
        })
        .collect();
    let streams = || bench.calls("Subscribe");
    eventually("both listen", async || streams() == 2).await;
    bench.approve(&orders[1]);
    let (stop, worker) = bench.worker().await;
    for order in &orders {
        assert_eq!(bench.settled(order).await, Stage::Active);
    }
    assert!(both.iter().all(|listener| !listener.is_finished()), "neither stumbled over the other");
    assert_eq!(bench.count("SELECT count(*) FROM inbox_event").await, 2);
    assert_eq!(bench.count("SELECT count(*) FROM job").await, 2);
    assert_eq!(bench.whmcs_orders_of(bench.client_id(&customer).await).len(), 2);
    both.iter().for_each(tokio::task::JoinHandle::abort);
    stop.cancel();
    worker.await.unwrap();
}

/// A bench whose worker has heard of one order and is stopped.
async fn interrupted(store: TestStore, tuning: Tuning) -> Bench {
    let bench = Bench::tuned(store, tuning).await;
    bench.nobody_is("reconciler").await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);
    eventually("its place is stored", async || stored(&bench).await.is_some()).await;
    stop.cancel();
    worker.await.unwrap();
    bench
}

async fn a_corrupt_replay_id_is_dropped_and_said(store: TestStore) {
    platform::metrics::install();
    let bench = interrupted(store, Tuning::default()).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    bench.approve(&order);
    bench.sandbox.world().add_fault(Fault {
        system: System::PubSub,
        operation: None,
        kind: FaultKind::CorruptedReplayId,
        times: Some(1),
    });
    let said = positions_lost();
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&order).await, Stage::Active);
    assert!(positions_lost() > said, "an operator can be told");
    assert_eq!(bench.count("SELECT count(*) FROM inbox_event").await, 2, "what was read again was known");
    assert_eq!(bench.count("SELECT count(*) FROM job").await, 2);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_position_of_five_days_ago_starts_from_the_oldest_event(store: TestStore) {
    platform::metrics::install();
    let bench = interrupted(store, Tuning { follows_sandbox: true, ..Tuning::default() }).await;
    let old = stored(&bench).await.unwrap();
    bench.sandbox.world().advance_clock(Duration::from_secs(5 * 24 * 3600)).unwrap();
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    bench.approve(&order);
    let said = positions_lost();
    let (stop, worker) = bench.worker().await;
    // Nobody compares: only the oldest kept event can have told it. From the newest on, nothing would have come.
    assert_eq!(bench.settled(&order).await, Stage::Active);
    assert!(positions_lost() > said);
    eventually("the place moves on", async || stored(&bench).await.is_some_and(|id| id > old)).await;
    stop.cancel();
    worker.await.unwrap();
}

async fn eighty_hours_away_loses_no_order(store: TestStore) {
    platform::metrics::install();
    let bench = interrupted(store, Tuning { follows_sandbox: true, ..Tuning::default() }).await;
    let world = bench.sandbox.world().clone();
    let twenty = twenty_orders(&bench).await;
    // The events of the first ten are 80 hours old when the subscriber comes back, those of the others 8.
    let (expired, kept) = twenty.split_at(10);
    expired.iter().for_each(|order| bench.approve(order));
    world.advance_clock(Duration::from_secs(72 * 3600)).unwrap();
    kept.iter().for_each(|order| bench.approve(order));
    world.advance_clock(Duration::from_secs(8 * 3600)).unwrap();
    let said = positions_lost();
    let (stop, worker) = bench.worker().await;
    for order in kept {
        assert_eq!(bench.settled(order).await, Stage::Active, "told by an event");
    }
    for order in expired {
        assert_eq!(bench.reload(order).await.stage, Stage::AwaitingApproval, "no event is left to tell it");
    }
    assert!(positions_lost() > said, "an operator can be told");
    bench.somebody_may_be("reconciler").await;
    for order in expired {
        assert_eq!(bench.settled(order).await, Stage::Active, "found by comparison");
    }
    let rows = drift::list(bench.db().conn(), false, 100).await.unwrap();
    let missed: Vec<&str> =
        rows.iter().filter(|row| row.kind == "missed_approval").map(|row| row.subject.as_str()).collect();
    assert_eq!(missed.len(), 10, "people see what no event told");
    assert!(expired.iter().all(|order| missed.contains(&order.salesforce_order_id.as_str())));
    assert_eq!(bench.count("SELECT count(*) FROM run").await, 21);
    stop.cancel();
    worker.await.unwrap();
}

async fn twenty_orders(bench: &Bench) -> Vec<Order> {
    let mut orders = Vec::new();
    for n in 0..20 {
        let customer = bench.customer().await;
        let wish = if n % 5 == 0 { Wish::Esim } else { Wish::Internet };
        orders.push(bench.place(&customer, &[wish]).await);
    }
    orders
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
async fn a_silent_stream_is_left_for_a_new_one(store: TestStore) {
    let bench = Bench::tuned(store, Tuning { silence_seconds: 2, ..Tuning::default() }).await;
    bench.nobody_is("reconciler").await;
    bench.sandbox.world().set_delays(Delays { pubsub_keep_alive_ms: 500, ..Delays::default() });
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    let (stop, worker) = bench.worker().await;
    eventually("the worker listens", async || stored(&bench).await.is_some()).await;
    // Signs of life keep a stream that has nothing to tell.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(bench.calls("Subscribe"), 1);
    deliver(&bench, FaultKind::Silent, 1);
    let started = Instant::now();
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);
    let took = started.elapsed();
    println!("heard again after {took:?}");
    assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(15), "{took:?}");
    assert_eq!(bench.calls("Subscribe"), 2);
    // In production: five minutes of silence, at most a second of back-off after a stream that lived that long, and the
    // time to connect.
    let silence = Duration::from_secs(Tuning::default().silence_seconds);
    let own = salesforce_default().event_silence_seconds;
    assert_eq!(Duration::from_secs(own), silence);
    let pause = Backoff::default().after(&EventError::Unavailable { reason: "silence" }, silence);
    assert!(silence + pause + Duration::from_secs(20) <= Duration::from_secs(330), "{pause:?}");
    stop.cancel();
    worker.await.unwrap();
}

fn salesforce_default() -> integrations::salesforce::Config {
    let url = "https://login.example.com".parse().unwrap();
    let events = "https://events.example.com".parse().unwrap();
    integrations::salesforce::Config::new(url, String::new(), String::new(), String::new().into(), events)
}

async fn a_session_that_ends_in_mid_stream_leaves_no_gap(store: TestStore) {
    let bench = Bench::start(store).await;
    bench.nobody_is("reconciler").await;
    let customer = bench.customer().await;
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(bench.place(&customer, &[Wish::Internet]).await);
    }
    let (stop, worker) = bench.worker().await;
    eventually("the worker listens", async || bench.calls("Subscribe") == 1).await;
    for (n, order) in orders.iter().enumerate() {
        // Once in the middle of a delivery, once all sessions of the org.
        match n {
            1 => deliver(&bench, FaultKind::ExpiredSession, 1),
            3 => bench.sandbox.world().drop_sessions(),
            _ => {}
        }
        bench.approve(order);
        assert_eq!(bench.settled(order).await, Stage::Active);
    }
    assert_eq!(bench.count("SELECT count(*) FROM inbox_event").await, 4);
    assert_eq!(bench.whmcs_orders_of(bench.client_id(&customer).await).len(), 4);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_burst_for_a_stopped_worker_arrives_whole_and_in_portions(store: TestStore) {
    let bench = interrupted(store, Tuning::default()).await;
    let twenty = twenty_orders(&bench).await;
    twenty.iter().for_each(|order| bench.approve(order));
    for n in 0..80 {
        let order = &twenty[n % twenty.len()];
        let fields = json!({ "OrderId__c": order.salesforce_order_id, "RequestId__c": format!("burst-{n}") });
        bench.sandbox.world().publish_event(TOPIC, fields);
    }
    let (stop, worker) = bench.worker().await;
    for order in &twenty {
        assert_eq!(bench.settled(order).await, Stage::Active);
    }
    eventually("all events are in", async || bench.count("SELECT count(*) FROM inbox_event").await >= 101).await;
    assert_eq!(bench.count("SELECT count(*) FROM inbox_event").await, 101, "no gap, none twice");
    assert_eq!(bench.count("SELECT count(*) FROM job").await, 21);
    let most = bench.sandbox.world().most_events_asked_for();
    assert!(most >= 1 && most <= u32::from(WINDOW) && WINDOW <= 100, "{most} outstanding");
    stop.cancel();
    worker.await.unwrap();
}
