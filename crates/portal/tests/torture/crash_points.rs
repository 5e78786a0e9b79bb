//! Every place at which the worker can die, made from the list of steps: before and after each commit and each call. It dies
//! there by SIGABRT, is started again, and the order ends as if nothing had happened.

use crate::customer::{Customer, Wish};
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, STOCK_PREFIX, Sums, billing_orders, judge};
use domain::catalog::{Category, SimKind};
use domain::orders::fulfilment::{ItemKind, plan};
use platform::store::inventory::{self, StockKind};
use sandbox::{Fault, FaultKind, System};
use serde_json::Value;
use std::time::{Duration, Instant};

const SIGABRT: i32 = 6;
pub const WISHES: [Wish; 3] = [Wish::Esim, Wish::Physical, Wish::Internet];

/// What the planner sees of [`WISHES`].
pub fn kinds() -> Vec<ItemKind> {
    vec![
        ItemKind { category: Category::Sim, sim: Some(SimKind::Esim) },
        ItemKind { category: Category::Sim, sim: Some(SimKind::Physical) },
        ItemKind { category: Category::Internet, sim: None },
    ]
}

/// Places on the way forward.
fn forward() -> Vec<String> {
    let mut points: Vec<String> =
        ["accept:written", "accept:committed", "open:written", "open:committed"].map(str::to_owned).into();
    for planned in plan(&kinds()) {
        let intent: &[&str] = if planned.step.needs_intent() { &["intent_written", "intent_committed"] } else { &[] };
        let all = intent.iter().chain(&["call", "called", "outcome_written", "outcome_committed"]);
        points.extend(all.map(|point| format!("{}/{}:{point}", planned.step, planned.item)));
    }
    points.extend(["end:written", "end:committed"].map(str::to_owned));
    points
}

/// Places on the way back, after billing refused the order.
fn back() -> Vec<String> {
    let mut points = Vec::new();
    for planned in plan(&kinds()).into_iter().rev().filter(|planned| planned.step.has_undo()) {
        let all = ["undo", "undone", "undo_written", "undo_committed"];
        points.extend(all.map(|point| format!("{}/{}:{point}", planned.step, planned.item)));
    }
    points.extend(["end:written", "end:committed"].map(str::to_owned));
    points
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_may_die_at_any_place_on_sqlite() {
    die_everywhere(SetUp::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_may_die_at_any_place_on_postgres() {
    die_everywhere(SetUp::Separate).await;
}

async fn die_everywhere(set_up: SetUp) {
    let fleet = Fleet::new(set_up, Patience::default()).await;
    stock(&fleet, 400).await;
    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    let customer = Customer::new(&fleet).await;
    // Placed ahead, so that a process that answers and works in one can be replaced freely.
    let (forward, back) = (forward(), back());
    let mut orders = Vec::new();
    for (number, _) in forward.iter().chain(&back).enumerate() {
        orders.push(customer.order(&format!("crash-{number}"), &customer.order_of(&WISHES)).await);
    }
    let mut api = Some(api);
    if set_up == SetUp::Embedded {
        assert_eq!(api.take().unwrap().stop().await, Some(0));
    }

    let (ahead, behind) = orders.split_at(forward.len());
    for (point, order) in forward.iter().zip(ahead) {
        die_at(&fleet, point, order).await;
        finish(&fleet, order, "active", point).await;
    }
    let acknowledged: Vec<Acknowledged> = ahead.iter().map(|order| Acknowledged::read(order, 2)).collect();
    let sums = judge(&fleet, &acknowledged).await;
    let expected = Sums { asked: forward.len(), made: forward.len(), ..Sums::default() };
    assert_eq!(sums, expected);

    for (point, order) in back.iter().zip(behind) {
        refuse_acceptance(&fleet);
        die_at(&fleet, point, order).await;
        finish(&fleet, order, "rejected", point).await;
        fleet.sandbox.world().clear_faults();
        back_is_taken(&fleet, order, point);
    }
    crate::say(&format!(
        "crash points on {set_up:?}: {} forward and {} back, all hit; {sums}",
        forward.len(),
        back.len()
    ));
}

/// Billing refuses every order from now on.
pub fn refuse_acceptance(fleet: &Fleet) {
    fleet.sandbox.world().add_fault(Fault {
        system: System::Whmcs,
        operation: Some("AcceptOrder".to_owned()),
        kind: FaultKind::Refuse("Server response message".to_owned()),
        times: None,
    });
}

/// One billing order was made, and it is cancelled.
pub fn back_is_taken(fleet: &Fleet, order: &Value, point: &str) {
    let number = order["number"].as_str().unwrap();
    let made = billing_orders(fleet.sandbox.world()).remove(number).unwrap_or_default();
    let is_cancelled = |id: &u64| {
        let orders = fleet.sandbox.world().whmcs_orders();
        orders.iter().any(|o| o["id"].as_u64() == Some(*id) && o["status"] == "Cancelled")
    };
    assert!(made.len() == 1 && made.iter().all(is_cancelled), "{point}: one billing order, taken back: {made:?}");
}

pub async fn stock(fleet: &Fleet, count: usize) {
    let conn = fleet.store.db.conn();
    let numbers: Vec<String> = (0..count).map(|n| format!("{STOCK_PREFIX}{n:07}")).collect();
    inventory::add(conn, StockKind::Msisdn, &numbers).await.unwrap();
    let cards: Vec<String> = (0..count).map(|n| format!("898104000000100{n:04}")).collect();
    inventory::add(conn, StockKind::Iccid, &cards).await.unwrap();
}

pub fn salesforce_id(fleet: &Fleet, order: &Value) -> String {
    let orders = fleet.sandbox.world().salesforce_orders();
    let mine = orders.iter().find(|o| o["Portal_Order_Id__c"] == order["id"]).expect("Salesforce has the order");
    mine["Id"].as_str().unwrap().to_owned()
}

/// Approves the order while a worker runs that dies at the place, and waits until it has died there.
pub async fn die_at(fleet: &Fleet, point: &str, order: &Value) {
    let mut worker = fleet.start_worker(&[("TEST_CRASH_AT", point)]);
    fleet.sandbox.world().approve_order(&salesforce_id(fleet, order)).unwrap();
    let started = Instant::now();
    loop {
        if let Some(signal) = worker.ended_by() {
            assert_eq!(signal, SIGABRT, "{point}");
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(40), "{point} was not reached: {}", worker.tail());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A new worker brings the order to its end.
pub async fn finish(fleet: &Fleet, order: &Value, stage: &str, point: &str) {
    let worker = fleet.start_worker(&[]);
    let one = [Acknowledged::read(order, 2)];
    let started = Instant::now();
    loop {
        let found = crate::ledger::stage(fleet, &one[0]).await;
        if found.map(domain::orders::Stage::name) == Some(stage) {
            break;
        }
        let limit = Duration::from_secs(60);
        assert!(started.elapsed() < limit, "{point}: {found:?} instead of {stage}: {}", worker.tail());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.kill();
}
