//! A worker that stands still (SIGSTOP, as a paused machine does) for longer than its lease, while another one takes its work
//! over, and then goes on: it sends nothing and writes nothing any more.

use crate::crash_points::{salesforce_id, stock};
use crate::customer::{Customer, Wish};
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, Sums, judge, stage};
use domain::catalog::{Category, SimKind};
use domain::orders::Stage;
use domain::orders::fulfilment::{ItemKind, plan};
use std::time::{Duration, Instant};

const WISHES: [Wish; 2] = [Wish::Esim, Wish::Internet];

/// Places outside of transactions: one that stands still inside of one is thrown out by the database.
fn places() -> Vec<String> {
    let kinds = [
        ItemKind { category: Category::Sim, sim: Some(SimKind::Esim) },
        ItemKind { category: Category::Internet, sim: None },
    ];
    let steps = plan(&kinds);
    steps.iter().flat_map(|p| ["call", "called"].map(|point| format!("{}/{}:{point}", p.step, p.item))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_stood_still_does_nothing_late_on_postgres() {
    let fleet = Fleet::new(SetUp::Separate, Patience::default()).await;
    stock(&fleet, 100).await;
    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    let customer = Customer::new(&fleet).await;
    let places = places();
    let mut acknowledged = Vec::new();
    for place in &places {
        let placed = customer.order(place, &customer.order_of(&WISHES)).await;
        let order = Acknowledged::read(&placed, 1);
        let halted = fleet.start_worker(&[("TEST_HALT_AT", place)]);
        fleet.sandbox.world().approve_order(&salesforce_id(&fleet, &placed)).unwrap();
        let started = Instant::now();
        while !halted.is_halted() {
            assert!(started.elapsed() < Duration::from_secs(40), "{place} was not reached: {}", halted.tail());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let other = fleet.start_worker(&[]);
        while stage(&fleet, &order).await != Some(Stage::Active) {
            assert!(started.elapsed() < Duration::from_secs(60), "{place}: nobody took over: {}", other.tail());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        halted.signal("CONT");
        // Long enough for whatever it had in mind.
        tokio::time::sleep(Duration::from_millis(600)).await;
        halted.kill();
        other.kill();
        acknowledged.push(order);
    }
    let sums = judge(&fleet, &acknowledged).await;
    crate::say(&format!("a worker stood still at {} places; {sums}", places.len()));
    assert_eq!(sums, Sums { asked: places.len(), made: places.len(), ..Sums::default() });
}
