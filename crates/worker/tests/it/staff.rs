//! What staff decide about stopped runs, carried out by the worker.

use crate::bench::{Bench, Wish};
use domain::ops::{HandOutcome, JobAct, JobState};
use domain::orders::Stage;
use domain::orders::fulfilment::{Step, StepState};
use domain::orders::providers::whmcs::BillingOrderStatus;
use platform::Bus;
use platform::on_both_stores;
use platform::queue::{self, By};
use platform::store::runs::{BillingOrderRef, result_of};
use platform::store::staff::Staff;
use platform::store::{cursors, history, inventory, ops};
use platform::testing::TestStore;
use sandbox::{FaultKind, System};
use sea_orm::ConnectionTrait as _;
use std::time::{Duration, Instant};

on_both_stores!(
    a_run_that_is_given_up_is_taken_back_whole,
    a_run_that_is_settled_by_hand_is_left_alone,
    staff_see_that_the_event_stream_is_connected,
);

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_run_that_is_given_up_is_taken_back_whole(store: TestStore) {
    let bench = Bench::start(store).await;
    let order = bench.place(&bench.customer().await, &[Wish::Esim]).await;
    // Billing refuses our credentials at the pivot: the run waits before it, with a billing order and a number.
    bench.fault(System::Whmcs, "AcceptOrder", FaultKind::Refuse("Authentication Failed".into()), 1_000);
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    until("the run waits before its pivot", async || {
        let steps = bench.steps(&order).await;
        let state = |step| steps.iter().find(|s| s.planned.step == step).map(|s| s.state);
        let waits = steps.iter().any(|s| s.planned.step == Step::AcceptBillingOrder && s.attempt > 0);
        (waits && state(Step::AcceptBillingOrder) == Some(StepState::Todo)).then_some(())
    })
    .await;
    // As after the last of sixty tries.
    until("the job is dead", async || {
        let sql = "UPDATE job SET state = 'dead' WHERE state = 'ready'";
        (bench.db().conn().execute_unprepared(sql).await.unwrap().rows_affected() == 1).then_some(())
    })
    .await;
    let job = queue::list(bench.db(), Some("dead"), 1).await.unwrap()[0].id;
    let staff = Staff::at_the_console();
    let by =
        By { staff: &staff, reason: "The customer has withdrawn.", request_id: None, now: bench.state.clock.now() };
    let given_up = queue::act(bench.db(), &Bus::new(None), job, JobAct::Discard, by).await.unwrap().unwrap();
    assert_eq!(given_up.state, JobState::Ready);
    until("the order is rejected", async || (bench.reload(&order).await.stage == Stage::Rejected).then_some(())).await;
    let steps = bench.steps(&order).await;
    let BillingOrderRef { whmcs_order_id } = result_of(&steps, Step::AddBillingOrder, 0).unwrap();
    let billing = bench.state.whmcs.order(whmcs_order_id).await.unwrap();
    assert_eq!(billing.status, BillingOrderStatus::Cancelled);
    let free = inventory::free(bench.db().conn()).await.unwrap();
    assert!(free.iter().any(|(kind, n)| kind == "msisdn" && *n == 20), "the number is back in stock: {free:?}");
    let differences = history::differences(bench.db().conn()).await.unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
    stop.cancel();
    worker.await.unwrap();
}

async fn a_run_that_is_settled_by_hand_is_left_alone(store: TestStore) {
    let bench = Bench::start(store).await;
    let order = bench.place(&bench.customer().await, &[Wish::Esim]).await;
    bench.fault(System::Freebit, "mvno/esim/addAcnt", FaultKind::Refuse("400-306".into()), 1);
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::NeedsAttention);
    let calls = bench.sandbox.world().calls().len();
    let staff = Staff::at_the_console();
    let by =
        By { staff: &staff, reason: "Opened at the carrier's desk.", request_id: None, now: bench.state.clock.now() };
    let bus = Bus::new(None);
    queue::settle(bench.db(), &bus, order.id, HandOutcome::Active, by).await.unwrap().unwrap();
    assert_eq!(bench.reload(&order).await.stage, Stage::Active);
    // Whatever makes a worker look again finds nothing to do.
    assert!(queue::claim(bench.db(), &"look".into(), 1, Duration::from_secs(1)).await.unwrap().is_empty());
    let told =
        bench.sandbox.world().calls().iter().skip(calls).filter(|c| format!("{c:?}").contains("addAcnt")).count();
    assert_eq!(told, 0, "nothing is sent for it");
    stop.cancel();
    worker.await.unwrap();
}

async fn staff_see_that_the_event_stream_is_connected(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let stream = until("the stream is connected", async || {
        cursors::stream(bench.db().conn()).await.unwrap().filter(|s| s.connected)
    })
    .await;
    assert_eq!(stream.error, None);
    let staff = Staff::at_the_console();
    let seen = ops::overview(bench.db(), &staff, bench.state.clock.now()).await.unwrap();
    assert!(seen.subscriber.leaders.iter().any(|l| l.role == "subscriber" && l.alive), "{:?}", seen.subscriber);
    stop.cancel();
    worker.await.unwrap();
}
