//! PostgreSQL is torn down in the middle of writes and started again, and then is away for a while: what was confirmed is
//! there, callers are told soon and plainly, and everything goes on by itself when it is back.

use crate::crash_points::stock;
use crate::customer::{Customer, Reply, Wish};
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, Sums, approve_all, end, judge};
use crate::servers::{Postgres, seconds};
use platform::store::orders;
use platform::testing::TestStore;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What customers were told besides that their order is placed.
#[derive(Default)]
struct Told {
    unavailable: usize,
    in_progress: usize,
    slowest_refusal: Duration,
    slowest_read: Duration,
    /// From the first try of an order to the answer that it is placed.
    slowest_order: Duration,
}

impl Told {
    fn refused(&mut self, away: bool, after: Duration) {
        self.unavailable += usize::from(away);
        self.in_progress += usize::from(!away);
        self.slowest_refusal = self.slowest_refusal.max(after);
    }

    fn placed(&mut self, after: Duration) {
        self.slowest_order = self.slowest_order.max(after);
    }

    fn read(&mut self, after: Duration) {
        self.slowest_read = self.slowest_read.max(after);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_may_go_and_come_on_postgres() {
    let server = Postgres::start();
    let store = TestStore::postgres_at(&server.url()).await;
    let fleet = Fleet::on(store, SetUp::Separate, Patience::default(), &[]).await;
    stock(&fleet, 1_000).await;
    let (mut api, mut worker) = (fleet.start_api(&[]), fleet.start_worker(&[]));
    fleet.answers(&api).await;
    let mut customers = Vec::new();
    for _ in 0..3 {
        customers.push(Customer::new(&fleet).await);
    }
    let (stop, told) = (CancellationToken::new(), Arc::new(Mutex::new(Told::default())));
    let mut writing = JoinSet::new();
    for (number, customer) in customers.iter().cloned().enumerate() {
        writing.spawn(order(number, customer.clone(), stop.clone(), Arc::clone(&told)));
        writing.spawn(read(customer, stop.clone(), Arc::clone(&told)));
    }
    for _ in 0..30 {
        approve_all(fleet.sandbox.world());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    server.stop_at_once();
    server.start_again();
    let back = work_goes_on(&fleet).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.stop_at_once();
    // Approved while nobody can write that down.
    approve_all(fleet.sandbox.world());
    let away = seconds("TORTURE_AWAY_SECONDS", 6);
    tokio::time::sleep(away).await;
    server.start_again();
    let back_after_long = work_goes_on(&fleet).await;

    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.cancel();
    let orders: Vec<Acknowledged> = writing.join_all().await.into_iter().flatten().collect();
    end(&fleet, &[&worker], orders.len()).await;
    let sums = judge(&fleet, &orders).await;
    assert_eq!((api.ended_by(), worker.ended_by()), (None, None), "nobody was restarted");
    let told = told.lock().unwrap();
    crate::say(&format!(
        "PostgreSQL: {} times 503 and {} times 409, the slowest after {} ms (reads {} ms), an order placed after {} ms at most; work went on {} ms after a \
         restart and {} ms after a longer absence; {sums}",
        told.unavailable,
        told.in_progress,
        told.slowest_refusal.as_millis(),
        told.slowest_read.as_millis(),
        told.slowest_order.as_millis(),
        back.as_millis(),
        back_after_long.as_millis()
    ));
    assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
    assert!(told.unavailable > 0, "the test saw it away");
    // Three seconds, and one for a busy machine.
    assert!(told.slowest_refusal.max(told.slowest_read) < Duration::from_secs(4));
    // No key stays locked by a request that nobody works on: that would be half a minute.
    assert!(told.slowest_order < away + Duration::from_secs(12));
    assert!(back.max(back_after_long) <= Duration::from_secs(10));
}

/// The time until the worker has finished one more order, from now.
async fn work_goes_on(fleet: &Fleet) -> Duration {
    let back = Instant::now();
    let active = async || {
        let counts = orders::count_by_stage(fleet.store.db.conn()).await.expect("it is back");
        counts.iter().filter(|(stage, _)| stage == "active").map(|(_, n)| *n).sum::<i64>()
    };
    let before = active().await;
    loop {
        approve_all(fleet.sandbox.world());
        if active().await > before {
            return back.elapsed();
        }
        assert!(back.elapsed() < Duration::from_secs(60), "the worker goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Away is said in words and soon.
fn is_away(reply: &Reply) -> bool {
    if reply.status == 503 {
        assert_eq!(reply.media_type, "application/problem+json", "{reply:?}");
        assert_eq!(reply.json()["code"], "unavailable", "{reply:?}");
        assert!(reply.retry_after.is_some(), "{reply:?}");
    }
    reply.status == 503
}

/// Orders one after the other, each with its key until it is placed.
async fn order(
    number: usize,
    customer: Customer,
    stop: CancellationToken,
    told: Arc<Mutex<Told>>,
) -> Vec<Acknowledged> {
    let mut placed = Vec::new();
    while !stop.is_cancelled() {
        let (key, body) = (format!("pg-{number}-{}", placed.len()), customer.order_of(&[Wish::Internet]));
        let begun = Instant::now();
        let reply = loop {
            let asked = Instant::now();
            let reply = customer.send(&key, &body).await.unwrap();
            if reply.status == 201 {
                break reply;
            }
            let away = is_away(&reply);
            assert!(away || reply.status == 409, "{reply:?}");
            told.lock().unwrap().refused(away, asked.elapsed());
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        told.lock().unwrap().placed(begun.elapsed());
        placed.push(Acknowledged::read(&reply.json(), 0));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    placed
}

async fn read(customer: Customer, stop: CancellationToken, told: Arc<Mutex<Told>>) -> Vec<Acknowledged> {
    while !stop.is_cancelled() {
        for path in ["/api/orders", "/api/auth/me"] {
            let asked = Instant::now();
            let reply = customer.get(path).await.unwrap();
            let away = is_away(&reply);
            assert!(away || reply.status == 200, "{path}: {reply:?}");
            told.lock().unwrap().read(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Vec::new()
}
