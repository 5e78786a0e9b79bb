//! Each step with each fault: what is asked for happens once, or a person is asked, never twice and never silently.

use crate::bench::{Bench, Wish};
use domain::orders::Stage;
use domain::orders::fulfilment::{PlannedStep, Step, StepState};
use platform::on_both_stores;
use platform::queue;
use platform::store::runs::{BillingOrderRef, result_of};
use platform::testing::TestStore;
use sandbox::{FaultKind, System};
use std::time::Duration;

on_both_stores!(
    an_answer_lost_or_garbled_at_any_write_makes_one_of_everything,
    an_upstream_that_is_away_is_waited_for,
    a_refusal_before_the_pivot_takes_everything_back,
    a_refusal_after_the_pivot_asks_a_person_who_can_put_it_back_to_work,
    a_crash_after_the_call_is_looked_up_not_repeated,
    somebody_elses_billing_record_is_never_linked,
    a_stopping_worker_gives_its_job_back,
);

/// The writes of a run with a SIM, by the upstream's name.
const WRITES: [(System, &str); 5] = [
    (System::Whmcs, "AddClient"),
    (System::Whmcs, "AddOrder"),
    (System::Whmcs, "AcceptOrder"),
    (System::Freebit, "mvno/esim/addAcnt"),
    (System::Salesforce, "composite"),
];

async fn an_answer_lost_or_garbled_at_any_write_makes_one_of_everything(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    for kind in [FaultKind::DropAfterCommit, FaultKind::Garbled, FaultKind::DropBefore] {
        for (system, operation) in WRITES {
            let customer = bench.customer().await;
            let order = bench.place(&customer, &[Wish::Esim]).await;
            let (orders, accepts) = (bench.sandbox.world().whmcs_orders().len(), bench.calls("AcceptOrder"));
            let hits = bench.calls(operation);
            bench.fault(system, operation, kind.clone(), 1);
            bench.approve(&order);
            assert_eq!(bench.settled(&order).await, Stage::Active, "{operation} {kind:?}");
            assert!(bench.calls(operation) > hits, "the fault's operation was used");
            assert_eq!(
                bench.sandbox.world().whmcs_orders().len(),
                orders + 1,
                "{operation} {kind:?}: one billing order"
            );
            let again = usize::from(operation == "AcceptOrder" && kind == FaultKind::DropBefore);
            assert_eq!(bench.calls("AcceptOrder"), accepts + 1 + again, "{operation} {kind:?}: accepted once");
            let number = &bench.steps(&order).await;
            let line: platform::store::runs::ReservedLine = result_of(number, Step::ReserveLine, 1).unwrap();
            assert!(bench.state.freebit.line(&line.number).await.is_ok());
            bench.sandbox.world().clear_faults();
        }
    }
    stop.cancel();
    worker.await.unwrap();
}

async fn an_upstream_that_is_away_is_waited_for(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    for (system, operation) in [
        (System::Salesforce, "query"),
        (System::Whmcs, "GetClients"),
        (System::Whmcs, "AddOrder"),
        (System::Freebit, "mvno/getDetail"),
    ] {
        let customer = bench.customer().await;
        let order = bench.place(&customer, &[Wish::Physical]).await;
        let orders = bench.sandbox.world().whmcs_orders().len();
        bench.fault(system, operation, FaultKind::Status(503, Some(1)), 1);
        bench.approve(&order);
        assert_eq!(bench.settled(&order).await, Stage::Active, "{operation}");
        assert_eq!(bench.sandbox.world().whmcs_orders().len(), orders + 1, "{operation}");
        bench.sandbox.world().clear_faults();
    }
    stop.cancel();
    worker.await.unwrap();
}

async fn a_refusal_before_the_pivot_takes_everything_back(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    bench.fault(System::Whmcs, "AcceptOrder", FaultKind::Refuse("Server response message".into()), 1);
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Rejected);
    let steps = bench.steps(&order).await;
    let state = |step, item| steps.iter().find(|s| s.planned == PlannedStep { step, item }).unwrap().state;
    assert_eq!(state(Step::AcceptBillingOrder, 0), StepState::Refused);
    assert_eq!(state(Step::AddBillingOrder, 0), StepState::Undone);
    assert_eq!(state(Step::ReserveLine, 1), StepState::Undone);
    let BillingOrderRef { whmcs_order_id } = result_of(&steps, Step::AddBillingOrder, 0).unwrap();
    let billing = bench.state.whmcs.order(whmcs_order_id).await.unwrap();
    assert_eq!(billing.status, domain::orders::providers::whmcs::BillingOrderStatus::Cancelled);
    assert_eq!(bench.calls("mvno/esim/addAcnt"), 0);
    let free = platform::store::inventory::free(bench.db().conn()).await.unwrap();
    assert!(free.iter().any(|(kind, n)| kind == "msisdn" && *n == 20), "the number is back in stock: {free:?}");
    stop.cancel();
    worker.await.unwrap();
}

async fn a_refusal_after_the_pivot_asks_a_person_who_can_put_it_back_to_work(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    bench.fault(System::Freebit, "mvno/esim/addAcnt", FaultKind::Refuse("400-306".into()), 1);
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::NeedsAttention);
    assert_eq!(bench.calls("CancelOrder"), 0, "what the customer owns is not taken away");
    let parked = queue::list(bench.db(), Some("parked"), 10).await.unwrap();
    assert_eq!(parked.len(), 1);
    // The carrier's complaint is settled; a person puts the job back.
    assert!(platform::testing::put_back(bench.db(), parked[0].id).await);
    let started = std::time::Instant::now();
    while bench.reload(&order).await.stage != Stage::Active {
        assert!(started.elapsed() < Duration::from_secs(20), "{:#?}", bench.steps(&order).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((bench.calls("AddOrder"), bench.calls("AcceptOrder")), (1, 1));
    stop.cancel();
    worker.await.unwrap();
}

/// The worker dies between the call and its record: nothing but the intent is there.
async fn a_crash_after_the_call_is_looked_up_not_repeated(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    let before = bench.sandbox.world().whmcs_orders().len();
    bench.fault(System::Whmcs, "AddOrder", FaultKind::Delay(4_000, sandbox::DelayPoint::AfterCommit), 1);
    let (_, worker) = bench.worker().await;
    bench.approve(&order);
    while bench.sandbox.world().whmcs_orders().len() == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // As SIGKILL does: nothing is given back, nothing more is written.
    worker.abort();
    bench.sandbox.world().clear_faults();
    let added = bench.sandbox.world().whmcs_orders().len();
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&order).await, Stage::Active);
    assert_eq!(bench.sandbox.world().whmcs_orders().len(), added, "found, not made again");
    assert_eq!(bench.calls("AddOrder"), 1);
    stop.cancel();
    worker.await.unwrap();
}

async fn somebody_elses_billing_record_is_never_linked(store: TestStore) {
    let bench = Bench::start(store).await;
    let victim = bench.customer().await;
    bench.state.whmcs.add_client(&victim).await.unwrap();
    let mut thief = bench.customer().await;
    // The portal's own table forbids a second account for a mail address; billing must not rely on that.
    thief.email = victim.email.clone();
    let lookup = bench.state.whmcs.find_client(&thief.number, thief.email.reveal()).await.unwrap();
    assert_eq!(lookup, domain::customer::providers::whmcs::ClientLookup::EmailBelongsToAnother);
}

async fn a_stopping_worker_gives_its_job_back(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    bench.fault(System::Whmcs, "AddOrder", FaultKind::Delay(700, sandbox::DelayPoint::BeforeCommit), 1);
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    while bench
        .steps(&order)
        .await
        .iter()
        .all(|s| s.state != StepState::Intent || s.planned.step != Step::AddBillingOrder)
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    worker.await.unwrap();
    let jobs = queue::list(bench.db(), None, 10).await.unwrap();
    assert_eq!((jobs[0].state.as_str(), jobs[0].attempts), ("ready", 0), "given back, no try counted");
    let steps = bench.steps(&order).await;
    let added = steps.iter().find(|s| s.planned.step == Step::AddBillingOrder).unwrap();
    assert_eq!(added.state, StepState::Done, "the step under way came to its end");
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&order).await, Stage::Active);
    assert_eq!(bench.calls("AddOrder"), 1);
    stop.cancel();
    worker.await.unwrap();
}
