//! A number that comes along from another operator.

use crate::bench::{Bench, Wish};
use domain::orders::Stage;
use domain::orders::fulfilment::{PlannedStep, Step, StepState};
use domain::sim::LineState;
use integrations::freebit::{Accepted, NewEsim, ProfileKind};
use platform::on_both_stores;
use platform::store::inventory;
use platform::store::orders::Order;
use platform::testing::TestStore;
use sandbox::{CallFilter, FaultKind, System};
use std::time::Duration;

on_both_stores!(
    a_kept_number_becomes_a_line_and_the_stock_stays_whole,
    an_answer_lost_at_the_carrier_is_found_by_number_and_eid,
    a_line_of_somebody_else_under_the_number_is_never_taken_for_ours,
    a_number_that_cannot_come_is_refused_before_anything_is_billed,
    a_reservation_that_the_carrier_refuses_waits_for_a_person,
);

const NUMBER: &str = "09012345678";
const RESERVATION: &str = "1234567890";
const OPEN: &str = "mvno/esim/addAcnt";

async fn free_numbers(bench: &Bench) -> i64 {
    let free = inventory::free(bench.db().conn()).await.unwrap();
    free.iter().find(|(kind, _)| kind == "msisdn").unwrap().1
}

async fn state_of(bench: &Bench, order: &Order, step: Step, item: u32) -> StepState {
    bench.steps(order).await.iter().find(|s| s.planned == PlannedStep { step, item }).unwrap().state
}

async fn a_kept_number_becomes_a_line_and_the_stock_stays_whole(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Ported(NUMBER, RESERVATION), Wish::Esim]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);
    let line = bench.state.freebit.line(NUMBER).await.unwrap();
    assert_eq!(line.line.state, LineState::Active);
    assert_eq!(line.eid.as_ref().map(|eid| eid.reveal()), order.content.items[0].eid.as_ref());
    assert_eq!(free_numbers(&bench).await, 19, "one for the other item");
    let opened =
        bench.sandbox.world().calls_that(&CallFilter { operation: Some(OPEN.to_owned()), ..CallFilter::default() });
    let kinds: Vec<&str> =
        opened.iter().filter_map(|call| call.parameters.get("addKind")).map(String::as_str).collect();
    assert_eq!(kinds, ["M", "N"]);
    let services = bench.state.whmcs.services(bench.client_id(&customer).await).await.unwrap();
    assert!(services.iter().any(|s| s.subscription.number.as_deref() == Some(NUMBER)), "billing knows the number");
    stop.cancel();
    worker.await.unwrap();
}

async fn an_answer_lost_at_the_carrier_is_found_by_number_and_eid(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    for (number, kind, calls) in [
        ("09012345601", FaultKind::DropAfterCommit, 1),
        ("09012345602", FaultKind::Garbled, 1),
        ("09012345603", FaultKind::DropBefore, 2),
    ] {
        let customer = bench.customer().await;
        let order = bench.place(&customer, &[Wish::Ported(number, RESERVATION)]).await;
        let before = bench.calls(OPEN);
        bench.fault(System::Freebit, OPEN, kind.clone(), 1);
        bench.approve(&order);
        assert_eq!(bench.settled(&order).await, Stage::Active, "{kind:?}");
        assert_eq!(bench.calls(OPEN) - before, calls, "{kind:?}");
        let line = bench.state.freebit.line(number).await.unwrap();
        assert_eq!(line.eid.as_ref().map(|eid| eid.reveal()), order.content.items[0].eid.as_ref());
    }
    assert_eq!(free_numbers(&bench).await, 20);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_line_of_somebody_else_under_the_number_is_never_taken_for_ours(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Ported(NUMBER, RESERVATION)]).await;
    let plan = order.content.items[0].freebit_plan_code.clone().unwrap();
    // Our call does not arrive, and while it is open somebody opens the number on another phone.
    bench.fault(System::Freebit, OPEN, FaultKind::DropBefore, 1);
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    while bench.calls(OPEN) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let eid = "89049032000000000000000000777777";
    let theirs = NewEsim { number: NUMBER, eid, plan_code: &plan, profile: ProfileKind::Data };
    let Accepted = bench.state.freebit.open_esim(theirs).await.unwrap();
    assert_eq!(bench.settled(&order).await, Stage::NeedsAttention);
    assert_eq!(state_of(&bench, &order, Step::OpenLine, 1).await, StepState::Unclear);
    assert_eq!(bench.calls(OPEN), 2, "ours that was lost, and theirs");
    stop.cancel();
    worker.await.unwrap();
}

async fn a_number_that_cannot_come_is_refused_before_anything_is_billed(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let (stop, worker) = bench.worker().await;
    let first = bench.place(&customer, &[Wish::Ported(NUMBER, RESERVATION)]).await;
    bench.approve(&first);
    assert_eq!(bench.settled(&first).await, Stage::Active);
    // It is a line of the operator's own already.
    let again = bench.place(&customer, &[Wish::Ported(NUMBER, RESERVATION)]).await;
    bench.approve(&again);
    assert_eq!(bench.settled(&again).await, Stage::Rejected);
    assert_eq!(state_of(&bench, &again, Step::ReserveLine, 1).await, StepState::Refused);
    // The review took longer than the reservation lasts.
    let late = bench.place(&customer, &[Wish::Ported("09012345679", RESERVATION)]).await;
    let yesterday = bench.state.clock.now().date_in_japan().plus_days(-1);
    let lasts = late.content.items[0].port_in.as_ref().unwrap().expires_on;
    let cast = if bench.db().is_postgres() { "::jsonb" } else { "" };
    bench
        .change(&format!(
            "UPDATE customer_order SET content = REPLACE(CAST(content AS text), '{lasts}', '{yesterday}'){cast}
             WHERE number = '{}'",
            late.number
        ))
        .await;
    bench.approve(&late);
    assert_eq!(bench.settled(&late).await, Stage::Rejected);
    assert_eq!(bench.whmcs_orders_of(bench.client_id(&customer).await).len(), 1, "only the first was billed");
    assert_eq!((bench.calls(OPEN), free_numbers(&bench).await), (1, 20));
    stop.cancel();
    worker.await.unwrap();
}

async fn a_reservation_that_the_carrier_refuses_waits_for_a_person(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Ported(NUMBER, "9307000001")]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::NeedsAttention);
    assert_eq!(state_of(&bench, &order, Step::OpenLine, 1).await, StepState::Refused);
    assert_eq!((bench.calls(OPEN), bench.calls("CancelOrder")), (1, 0));
    stop.cancel();
    worker.await.unwrap();
}
