//! Orders that do not go straight: changed or withdrawn in Salesforce, waiting for stock, or in front of a person.

use crate::bench::{Bench, Wish};
use domain::orders::contract::MilestoneState;
use domain::orders::fulfilment::{PlannedStep, Step, StepState};
use domain::orders::timeline::{TimedStep, timeline};
use domain::orders::{Milestone, Stage};
use platform::on_both_stores;
use platform::queue::{self, NewJob, Work, enqueue};
use platform::store::inventory::{self, StockKind};
use platform::store::orders::Order;
use platform::store::runs::{AcceptedServices, ReservedLine, result_of};
use platform::testing::TestStore;
use serde_json::json;
use std::time::Duration;
use worker::subscriber::reconcile;

on_both_stores!(
    several_items_of_one_kind_each_get_their_own,
    an_order_withdrawn_after_its_approval_leaves_nothing,
    an_order_changed_by_an_agent_waits_for_a_person,
    an_empty_stock_is_waited_for,
    tries_that_are_used_up_are_said,
    a_job_that_kills_its_worker_is_said,
);

async fn several_items_of_one_kind_each_get_their_own(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim, Wish::Physical, Wish::Esim, Wish::Physical]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);
    let steps = bench.steps(&order).await;
    let lines: Vec<ReservedLine> = (1..=4).map(|no| result_of(&steps, Step::ReserveLine, no).unwrap()).collect();
    let accepted: AcceptedServices = result_of(&steps, Step::AcceptBillingOrder, 0).unwrap();
    let client = bench.client_id(&customer).await;
    let services = bench.state.whmcs.services(client).await.unwrap();
    assert_eq!((bench.whmcs_orders_of(client).len(), accepted.services.len()), (1, 4));
    for (no, line) in (1..).zip(&lines) {
        assert!(lines.iter().filter(|other| other.number == line.number).count() == 1, "a number of its own");
        assert!(line.iccid.is_none() || lines.iter().filter(|other| other.iccid == line.iccid).count() == 1);
        let mine = accepted.services.iter().find(|service| service.item == no).unwrap();
        let service = services.iter().find(|s| s.subscription.id == mine.service_id).unwrap();
        assert_eq!(service.subscription.number.as_ref(), Some(&line.number), "item {no} is billed with its own number");
        assert!(bench.state.freebit.line(&line.number).await.is_ok());
    }
    stop.cancel();
    worker.await.unwrap();
}

async fn an_order_withdrawn_after_its_approval_leaves_nothing(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    for status in ["Cancelled", "Rejected"] {
        let order = bench.place(&customer, &[Wish::Esim]).await;
        bench.approve(&order);
        let world = bench.sandbox.world();
        world.edit_record("Order", &order.salesforce_order_id, json!({ "Status": status })).unwrap();
        let (stop, worker) = bench.worker().await;
        assert_eq!(bench.settled(&order).await, Stage::Rejected, "{status}");
        stop.cancel();
        worker.await.unwrap();
    }
    assert_eq!((bench.calls("AddClient"), bench.calls("AddOrder"), bench.calls("mvno/esim/addAcnt")), (0, 0, 0));
    assert_eq!(free(&bench, "msisdn").await, 20);
    assert!(queue::list(bench.db(), None, 10).await.unwrap().is_empty(), "no job is left");
}

async fn free(bench: &Bench, stock: &str) -> i64 {
    let free = inventory::free(bench.db().conn()).await.unwrap();
    free.iter().find(|(kind, _)| kind == stock).map_or(0, |(_, n)| *n)
}

async fn an_order_changed_by_an_agent_waits_for_a_person(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    let crm = bench.state.salesforce.order(&order.salesforce_order_id).await.unwrap();
    let world = bench.sandbox.world();
    let price = crm.items[0].unit_price.minor;
    world.edit_record("OrderItem", &crm.items[0].id, json!({ "UnitPrice": price + 500 })).unwrap();
    bench.approve(&order);
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&order).await, Stage::NeedsAttention);
    let steps = bench.steps(&order).await;
    assert_eq!(steps[0].planned, PlannedStep { step: Step::CheckOrder, item: 0 });
    assert_eq!(steps[0].state, StepState::Unclear);
    assert_eq!((bench.calls("AddClient"), bench.calls("AddOrder")), (0, 0), "nothing is billed that was not confirmed");
    assert_eq!(shown_in_crm(&bench, &order), ("Failed".to_owned(), "check_order".to_owned()));
    // The agent puts the confirmed price back and a person the job.
    world.edit_record("OrderItem", &crm.items[0].id, json!({ "UnitPrice": price })).unwrap();
    let parked = queue::list(bench.db(), Some("parked"), 10).await.unwrap();
    assert!(platform::testing::put_back(bench.db(), parked[0].id).await);
    bench.state.wake.now();
    becomes(&bench, &order, Stage::Active).await;
    stop.cancel();
    worker.await.unwrap();
}

/// `Activation_Status__c` and `Activation_Error_Code__c` of the order.
fn shown_in_crm(bench: &Bench, order: &Order) -> (String, String) {
    let orders = bench.sandbox.world().salesforce_orders();
    let row = orders.iter().find(|row| row["Id"] == json!(order.salesforce_order_id)).unwrap();
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    (text("Activation_Status__c"), text("Activation_Error_Code__c"))
}

async fn becomes(bench: &Bench, order: &Order, stage: Stage) {
    let waiting = async {
        while bench.reload(order).await.stage != stage {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap();
}

async fn an_empty_stock_is_waited_for(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    // Cards are there, numbers are not; then the other way round. Neither takes one of the two for itself.
    for (empty, kind, value) in
        [("msisdn", StockKind::Msisdn, "07005550001"), ("iccid", StockKind::Iccid, "8981040000005550001")]
    {
        bench.change(&format!("DELETE FROM inventory WHERE kind = '{empty}' AND order_id IS NULL")).await;
        let other = if empty == "msisdn" { "iccid" } else { "msisdn" };
        let left = free(&bench, other).await;
        let order = bench.place(&customer, &[Wish::Physical]).await;
        let (stop, worker) = bench.worker().await;
        bench.approve(&order);
        let reason = "SELECT count(*) FROM job WHERE last_error = 'stock_empty' AND state = 'ready'";
        while bench.count(reason).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(bench.reload(&order).await.stage, Stage::Provisioning);
        assert_eq!(free(&bench, other).await, left, "nothing is held while it waits");
        assert!(
            bench.count("SELECT CAST(max(attempts) AS bigint) FROM job WHERE state <> 'done'").await <= 1,
            "waiting uses no try up"
        );
        let more = [value.to_owned(), format!("{}9", &value[..value.len() - 1])];
        inventory::add(bench.db().conn(), kind, &more).await.unwrap();
        assert_eq!(bench.settled(&order).await, Stage::Active, "{empty}");
        stop.cancel();
        worker.await.unwrap();
        if empty == "msisdn" {
            let numbers: Vec<String> = (0..5).map(|n| format!("070066600{n:02}")).collect();
            inventory::add(bench.db().conn(), StockKind::Msisdn, &numbers).await.unwrap();
        }
    }
    assert_eq!(bench.whmcs_orders_of(bench.client_id(&customer).await).len(), 2);
}

/// What the customer's page shows of it.
async fn milestones(bench: &Bench, order: &Order) -> Vec<(Milestone, MilestoneState)> {
    let (order, steps) = (bench.reload(order).await, bench.steps(order).await);
    let timed: Vec<TimedStep> =
        steps.iter().map(|row| TimedStep { step: row.planned.step, state: row.state, at: row.recorded_at }).collect();
    let entries = timeline(order.stage, order.placed_at, order.decided_at, true, &timed);
    entries.iter().map(|entry| (entry.milestone, entry.state)).collect()
}

fn assert_honest(milestones: &[(Milestone, MilestoneState)]) {
    let of = |wanted| milestones.iter().find(|(milestone, _)| *milestone == wanted).unwrap().1;
    assert_eq!(of(Milestone::Received), MilestoneState::Done);
    assert_eq!(of(Milestone::BillingReady), MilestoneState::Failed, "{milestones:?}");
    assert!(matches!(of(Milestone::Ready), MilestoneState::Waiting | MilestoneState::Skipped), "{milestones:?}");
}

async fn tries_that_are_used_up_are_said(store: TestStore) {
    let bench = Bench::start(store).await;
    bench.nobody_is("reconciler").await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    // Told of an order that nobody has approved: every try ends without a result.
    let work = Work::Provision { salesforce_order_id: order.salesforce_order_id.clone() };
    enqueue(bench.db().conn(), NewJob { work, request_id: None }).await.unwrap();
    bench.change("UPDATE job SET max_attempts = 2").await;
    let (stop, worker) = bench.worker().await;
    assert_eq!(bench.settled(&order).await, Stage::NeedsAttention);
    let dead = queue::list(bench.db(), Some("dead"), 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts), (1, 2));
    assert_eq!(dead[0].last_error.as_deref(), Some("order_not_approved"));
    assert_eq!(bench.count("SELECT count(*) FROM run WHERE state = 'gave_up'").await, 1);
    assert_eq!(bench.count("SELECT count(*) FROM domain_event WHERE kind = 'order_needs_attention'").await, 1);
    assert_honest(&milestones(&bench, &order).await);
    assert_eq!(shown_in_crm(&bench, &order).0, "Failed");
    // Approved at last, and put back by a person: the same job carries it through.
    bench.approve(&order);
    assert!(platform::testing::put_back(bench.db(), dead[0].id).await);
    becomes(&bench, &order, Stage::Active).await;
    assert!(milestones(&bench, &order).await.iter().all(|(_, state)| *state == MilestoneState::Done));
    stop.cancel();
    worker.await.unwrap();
}

async fn a_job_that_kills_its_worker_is_said(store: TestStore) {
    let bench = Bench::start(store).await;
    bench.nobody_is("reconciler").await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    bench.fault(
        sandbox::System::Whmcs,
        "GetClients",
        sandbox::FaultKind::Delay(60_000, sandbox::DelayPoint::BeforeCommit),
        9,
    );
    let (_, worker) = bench.worker().await;
    bench.approve(&order);
    becomes(&bench, &order, Stage::Provisioning).await;
    worker.abort();
    // As three workers that each died of it would leave it.
    bench.change("UPDATE job SET state = 'leased', crashes = 2, lease_owner = 'gone', lease_until = 1").await;
    assert_eq!(queue::sweep(bench.db()).await.unwrap(), (0, 1));
    let parked = queue::list(bench.db(), Some("parked"), 10).await.unwrap();
    assert_eq!((parked[0].crashes, parked[0].last_error.as_deref()), (3, Some("worker_crashed")));
    assert_eq!(bench.reload(&order).await.stage, Stage::Provisioning, "nobody has told the customer yet");
    bench.sandbox.world().clear_faults();
    assert_eq!(reconcile::round(&bench.state).await.unwrap(), 1);
    assert_eq!(bench.reload(&order).await.stage, Stage::NeedsAttention);
    assert_honest(&milestones(&bench, &order).await);
    assert_eq!(reconcile::round(&bench.state).await.unwrap(), 0, "said once");
    // A person finds the cause and puts the job back.
    assert!(platform::testing::put_back(bench.db(), parked[0].id).await);
    let (stop, worker) = bench.worker().await;
    becomes(&bench, &order, Stage::Active).await;
    assert_eq!(bench.whmcs_orders_of(bench.client_id(&customer).await).len(), 1);
    stop.cancel();
    worker.await.unwrap();
}
