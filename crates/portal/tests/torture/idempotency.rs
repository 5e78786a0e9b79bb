//! One key, one order, over HTTP: twenty requests at once, another body, an API that dies at every place of the placing,
//! an approval in between, and two days later.

use crate::crash_points::{salesforce_id, stock};
use crate::customer::{Customer, Reply, Wish};
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, Sums, approve_all, end, judge, stage};
use crate::process::Process;
use domain::orders::Stage;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const SIGABRT: i32 = 6;
/// Before and after each commit and each call of placing an order.
const PLACES: [&str; 6] =
    ["place:reserve", "place:reserved", "place:call", "place:called", "place:written", "place:committed"];
/// How long a request that died keeps its key, and more.
const LOCK_OVER: i64 = 31;
const TWO_DAYS: i64 = 48 * 3600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_makes_one_order_on_sqlite() {
    one_order_for_a_key(SetUp::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_makes_one_order_on_postgres() {
    one_order_for_a_key(SetUp::Separate).await;
}

async fn one_order_for_a_key(set_up: SetUp) {
    let fleet = Fleet::new(set_up, Patience::default()).await;
    stock(&fleet, 50).await;
    let mut orders = Vec::new();

    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    let mut customer = Customer::new(&fleet).await;
    let (first, busy) = twenty_at_once(&customer).await;
    orders.push(Acknowledged::read(&first.json(), 1));
    api.kill();

    for place in PLACES {
        let mut dying = fleet.start_api(&[("TEST_CRASH_AT", place)]);
        fleet.answers(&dying).await;
        let answer = customer.send(place, &customer.order_of(&[Wish::Internet])).await;
        assert!(answer.is_err(), "{place}: {answer:?}");
        died(&mut dying, place).await;
        // What is in the CRM at this moment is approved before anybody repeats the request.
        approve_all(fleet.sandbox.world());
    }
    // At once, only the one that never came to its key may go on; the others wait for the lock of the dead.
    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    for place in &PLACES[1..5] {
        let answer = customer.send(place, &customer.order_of(&[Wish::Internet])).await.unwrap();
        assert_eq!((answer.status, answer.retry_after.is_some()), (409, true), "{place}: {answer:?}");
    }
    api.kill();

    let later = LOCK_OVER.to_string();
    let api = start_at(&fleet, &later).await;
    let worker = (set_up == SetUp::Separate).then(|| fleet.start_worker(&[("PORTAL_CLOCK__OFFSET_SECONDS", &later)]));
    let mut approved_meanwhile = 0;
    for place in PLACES {
        let order = customer.order_of(&[Wish::Internet]);
        let answer = customer.send(place, &order).await.unwrap();
        assert_eq!(answer.status, 201, "{place}: {answer:?}");
        assert_eq!(answer.replayed, place == "place:committed", "{place}");
        let again = customer.send(place, &order).await.unwrap();
        assert_eq!((again.status, &again.body), (201, &answer.body), "{place}");
        let placed = answer.json();
        let status = in_crm(&fleet, &placed)["Status"].clone();
        if matches!(place, "place:called" | "place:written" | "place:committed") {
            assert_ne!(status, "Draft", "{place}: approved before the repeat");
            approved_meanwhile += 1;
        }
        orders.push(Acknowledged::read(&placed, 0));
    }
    end(&fleet, &[&api], orders.len()).await;
    let sums = judge(&fleet, &orders).await;
    assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
    for order in &orders {
        assert_eq!(stage(&fleet, order).await, Some(Stage::Active));
    }
    drop(worker);
    api.kill();
    after_two_days(&fleet, &mut customer, &first).await;
    crate::say(&format!(
        "idempotency on {set_up:?}: 20 at once ({busy} answers 409), {} places of death, {approved_meanwhile} approved \
         meanwhile, 48 h; {sums}",
        PLACES.len()
    ));
}

/// Twenty requests with one key at once: one order and identical answers. The answer, and how many had to wait for it.
async fn twenty_at_once(customer: &Customer) -> (Reply, usize) {
    let order = customer.order_of(&[Wish::Esim]);
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let (customer, order) = (customer.clone(), order.clone());
        requests.spawn(async move {
            let mut busy = 0;
            loop {
                let reply = customer.send("twenty", &order).await.unwrap();
                if reply.status != 409 {
                    return (reply, busy);
                }
                assert_eq!(reply.media_type, "application/problem+json");
                assert_eq!(reply.json()["code"], "request_in_progress");
                assert!(reply.retry_after.is_some(), "{reply:?}");
                busy += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    let answers = requests.join_all().await;
    let first = answers[0].0.clone();
    for (answer, _) in &answers {
        assert_eq!((answer.status, &answer.body), (201, &first.body), "all get the same");
    }
    assert_eq!(answers.iter().filter(|(answer, _)| !answer.replayed).count(), 1, "one did the work");
    let other = customer.send("twenty", &customer.order_of(&[Wish::Esim, Wish::Internet])).await.unwrap();
    assert_eq!((other.status, &other.json()["code"]), (422, &Value::from("idempotency_key_reused")), "{other:?}");
    (first, answers.iter().map(|(_, busy)| busy).sum())
}

/// Shortly before the end of its time a key still gives the stored answer; after it, the key is free for something else.
async fn after_two_days(fleet: &Fleet, customer: &mut Customer, first: &Reply) {
    let order_again = customer.order_of(&[Wish::Internet]);
    for (offset, status) in [(TWO_DAYS - 600, 422), (TWO_DAYS + 600, 201)] {
        let api = start_at(fleet, &offset.to_string()).await;
        customer.sign_in().await;
        let answer = customer.send("twenty", &order_again).await.unwrap();
        assert_eq!(answer.status, status, "{offset} s later: {answer:?}");
        if status == 201 {
            assert_ne!(answer.json()["id"], first.json()["id"], "a new order");
        }
        api.kill();
    }
}

async fn start_at(fleet: &Fleet, offset: &str) -> Process {
    let api = fleet.start_api(&[("PORTAL_CLOCK__OFFSET_SECONDS", offset)]);
    fleet.answers(&api).await;
    api
}

async fn died(process: &mut Process, place: &str) {
    let started = Instant::now();
    loop {
        if let Some(signal) = process.ended_by() {
            assert_eq!(signal, SIGABRT, "{place}");
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{place} was not reached: {}", process.tail());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn in_crm(fleet: &Fleet, placed: &Value) -> Value {
    let id = salesforce_id(fleet, placed);
    fleet.sandbox.world().salesforce_orders().into_iter().find(|order| order["Id"] == id.as_str()).unwrap()
}
