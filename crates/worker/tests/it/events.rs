//! Events missed, doubled, or out of reach.

use crate::bench::{Bench, Wish};
use domain::orders::Stage;
use platform::on_both_stores;
use platform::queue;
use platform::store::cursors;
use platform::testing::TestStore;
use serde_json::json;
use std::time::Duration;
use worker::subscriber::reconcile;

const TOPIC: &str = "/event/OrderProvisionRequested__e";

on_both_stores!(
    what_was_approved_while_the_worker_was_away_is_found,
    the_same_request_many_times_is_one_run,
    a_refused_replay_position_starts_from_the_oldest_event,
    an_approval_without_an_event_is_found_by_comparison,
    a_new_session_is_made_when_salesforce_ends_the_old_one,
);

/// Waits for a stored replay id (8 bytes, rising, in the sandbox).
async fn position_becomes(bench: &Bench, fits: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let waiting = async {
        loop {
            match cursors::replay_id(bench.db().conn(), TOPIC).await.unwrap() {
                Some((id, _)) if fits(&id) => return id,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap()
}

async fn what_was_approved_while_the_worker_was_away_is_found(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let first = bench.place(&customer, &[Wish::Internet]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&first);
    assert_eq!(bench.settled(&first).await, Stage::Active);
    let position = position_becomes(&bench, |_| true).await;
    stop.cancel();
    worker.await.unwrap();

    let second = bench.place(&customer, &[Wish::Internet]).await;
    bench.approve(&second);
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&second).await, Stage::Active);
    // The comparison may have been faster than the stream; the position still moves on.
    position_becomes(&bench, |id| id > position.as_slice()).await;
    stop.cancel();
    worker.await.unwrap();
}

async fn the_same_request_many_times_is_one_run(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    for n in 0..5 {
        let fields = json!({ "OrderId__c": order.salesforce_order_id, "RequestId__c": format!("again-{n}") });
        bench.sandbox.world().publish_event(TOPIC, fields);
    }
    assert_eq!(bench.settled(&order).await, Stage::Active);
    assert_eq!(bench.calls("AddOrder"), 1);
    assert_eq!(queue::list(bench.db(), Some("done"), 10).await.unwrap().len(), 1);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_refused_replay_position_starts_from_the_oldest_event(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    bench.approve(&order);
    let now = bench.state.clock.now();
    cursors::store_replay_id(bench.db().conn(), TOPIC, b"garbage!!", now).await.unwrap();
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&order).await, Stage::Active);
    // The comparison may have been faster than the stream; the position itself is what is proven.
    position_becomes(&bench, |id| id != b"garbage!!").await;
    assert_eq!(bench.calls("AddOrder"), 1);
    stop.cancel();
    worker.await.unwrap();
}

async fn an_approval_without_an_event_is_found_by_comparison(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    // No subscriber runs: the event is lost on us.
    bench.approve(&order);
    assert_eq!(reconcile::round(&bench.state).await.unwrap(), 1);
    assert_eq!(reconcile::round(&bench.state).await.unwrap(), 0, "queued once");
    let waiting = queue::list(bench.db(), Some("ready"), 10).await.unwrap();
    assert_eq!(waiting[0].subject.as_deref(), Some(order.salesforce_order_id.as_str()));
}

async fn a_new_session_is_made_when_salesforce_ends_the_old_one(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    let (stop, worker) = bench.worker().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.sandbox.world().drop_sessions();
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);
    stop.cancel();
    worker.await.unwrap();
}
