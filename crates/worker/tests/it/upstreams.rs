//! Upstreams that lose answers, ask for patience, or are away: at most a delay, never a second effect.

use crate::bench::{Bench, Wish, number};
use domain::orders::Stage;
use integrations::UpstreamErrorKind;
use platform::on_both_stores;
use platform::store::orders::Order;
use platform::testing::TestStore;
use sandbox::{Aim, Call, CallFilter, Delays, Fault, FaultKind, System};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

on_both_stores!(
    a_tenth_of_all_answers_lost_costs_time_and_nothing_else,
    nobody_knocks_before_the_time_that_was_asked_for,
    a_total_outage_is_noticed_in_five_seconds_and_its_end_in_ten,
);

const ORDERS: usize = 12;

/// A dozen orders of twelve customers: four of each kind.
async fn dozen(bench: &Bench) -> Vec<Order> {
    let mut orders = Vec::new();
    for wish in [Wish::Esim, Wish::Physical, Wish::Internet].into_iter().cycle().take(ORDERS) {
        let customer = bench.customer().await;
        orders.push(bench.place(&customer, &[wish]).await);
    }
    orders
}

/// How long all of them take from their approval on.
async fn fulfil(bench: &Bench, orders: &[Order]) -> Duration {
    let started = Instant::now();
    for order in orders {
        bench.approve(order);
    }
    for order in orders {
        assert_eq!(bench.settled_within(order, Duration::from_secs(90)).await, Stage::Active);
    }
    started.elapsed()
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
async fn a_tenth_of_all_answers_lost_costs_time_and_nothing_else(store: TestStore) {
    let bench = Bench::start(store).await;
    let world = bench.sandbox.world().clone();
    world.set_delays(Delays { latency_ms: 20, ..Delays::default() });
    let before = (world.whmcs_orders().len(), rows(&bench, "clients"), world.freebit_lines().len());
    let (stop, worker) = bench.worker().await;
    let first = dozen(&bench).await;
    let quiet = fulfil(&bench, &first).await;
    let second = dozen(&bench).await;
    for (seed, system) in (1..).zip([System::Salesforce, System::Whmcs, System::Freebit, System::PubSub]) {
        let fault = Fault { system, operation: None, kind: FaultKind::DropAfterCommit, times: None };
        world.add_fault(fault.aimed(Aim { share: Some(10), seed, ..Aim::default() }));
    }
    let loud = fulfil(&bench, &second).await;
    let struck: Vec<u64> = world.faults().iter().map(|waiting| waiting.struck).collect();
    world.clear_faults();
    println!("quiet {quiet:?}, with lost answers {loud:?}, lost per system {struck:?}");
    assert!(struck[..3].iter().sum::<u64>() >= 15 && struck[..3].iter().all(|n| *n > 0), "{struck:?}");

    // A lost answer costs the settle time and two looks; one of a read that is lost three times a back-off of 4 s, twice 8 s.
    let settle = bench.state.config.settle;
    let limit = quiet * 3 + settle + Duration::from_secs(20);
    assert!(loud <= limit, "{loud:?} of {limit:?}, quiet {quiet:?}");
    let orders: Vec<&Order> = first.iter().chain(&second).collect();
    let after = (world.whmcs_orders().len(), rows(&bench, "clients"), world.freebit_lines().len());
    let sims = orders.iter().filter(|o| o.content.items[0].sim.is_some()).count();
    assert_eq!(after, (before.0 + 2 * ORDERS, before.1 + 2 * ORDERS, before.2 + sims), "orders, clients, lines");
    for order in orders {
        let crm = bench.state.salesforce.order(&order.salesforce_order_id).await.unwrap();
        assert!(crm.provisioned, "{order:?}");
    }
    let accounts: BTreeSet<String> = world.freebit_lines().iter().map(|line| line["account"].to_string()).collect();
    assert_eq!(accounts.len(), after.2, "no number twice");
    assert!(world.whmcs_orders().iter().rev().take(2 * ORDERS).all(|o| o["status"] == "Active"));
    let free = platform::store::inventory::free(bench.db().conn()).await.unwrap();
    assert!(free.iter().any(|(kind, n)| kind == "msisdn" && *n == 20 - i64::try_from(sims).unwrap()), "{free:?}");
    stop.cancel();
    worker.await.unwrap();
}

fn rows(bench: &Bench, table: &str) -> usize {
    bench.sandbox.world().dump()["whmcs"][table].as_array().unwrap().len()
}

/// Three seconds, or with `TORTURE_LONG=1` the minute that a system under repair asks for.
fn patience() -> u32 {
    if std::env::var("TORTURE_LONG").is_ok_and(|value| value == "1") { 60 } else { 3 }
}

async fn nobody_knocks_before_the_time_that_was_asked_for(store: TestStore) {
    let bench = Bench::start(store).await;
    let (seconds, world) = (patience(), bench.sandbox.world().clone());
    // Its comparisons would push the first calls out of the log, which keeps 500.
    bench.nobody_is("reconciler").await;
    // One client for all calls, as a worker process has.
    let worker = tokio::spawn(worker::run(bench.state.clone()));
    for (system, operation, status) in [
        (System::Whmcs, "GetClients", 503),
        (System::Whmcs, "AddOrder", 429),
        (System::Freebit, "mvno/esim/addAcnt", 503),
        (System::Salesforce, "composite", 429),
    ] {
        let mut orders = Vec::new();
        for _ in 0..3 {
            let customer = bench.customer().await;
            orders.push(bench.place(&customer, &[Wish::Esim]).await);
        }
        let since = world.last_call();
        bench.fault(system, operation, FaultKind::Status(status, Some(seconds)), 2);
        let calls = || -> Vec<Call> {
            let filter =
                CallFilter { operation: Some(operation.to_owned()), since: Some(since), ..CallFilter::default() };
            world.calls_that(&filter)
        };
        // The others come while the first has been told to wait.
        bench.approve(&orders[0]);
        while calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        orders[1..].iter().for_each(|order| bench.approve(order));
        for order in &orders {
            let limit = Duration::from_secs(u64::from(seconds) * 4 + 60);
            assert_eq!(bench.settled_within(order, limit).await, Stage::Active, "{operation}");
        }
        let calls = calls();
        let struck: Vec<&Call> = calls.iter().filter(|call| call.fault.is_some()).collect();
        assert_eq!(struck.len(), 2, "{operation}");
        for told in struck {
            let (answered, asked) = (told.at_ms + told.took_ms, i64::from(seconds) * 1000);
            for later in calls.iter().filter(|call| call.sequence > told.sequence) {
                let waited = later.at_ms - answered;
                // What was under way when the answer came cannot know of it.
                let under_way = waited < 300 && told.sequence != calls[0].sequence;
                assert!(
                    under_way || waited >= asked - 5,
                    "{operation}: {waited} ms after an answer that asked for {asked}"
                );
            }
        }
        // Each order once, and the two that were turned away again; a look before a repeat is no call of the operation but
        // for the one that looks.
        let most = if operation == "GetClients" { 3 * 2 + 2 } else { 3 + 2 };
        assert!(calls.len() <= most, "{operation}: {} calls", calls.len());
        world.clear_faults();
    }
    // Waiting because somebody asked for it is no failed try.
    assert_eq!(bench.count("SELECT CAST(max(attempts) AS bigint) FROM job").await, 1);
    bench.state.stopping.cancel();
    worker.await.unwrap();
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
async fn a_total_outage_is_noticed_in_five_seconds_and_its_end_in_ten(store: TestStore) {
    let bench = Bench::start(store).await;
    let world = bench.sandbox.world().clone();
    let customer = bench.customer().await;
    let orders = [bench.place(&customer, &[Wish::Esim]).await, bench.place(&customer, &[Wish::Internet]).await];
    let worker = tokio::spawn(worker::run(bench.state.clone()));
    world.add_fault(Fault { system: System::Whmcs, operation: None, kind: FaultKind::Html503, times: None });
    orders.iter().for_each(|order| bench.approve(order));
    let whmcs = || world.calls_that(&CallFilter { system: Some(System::Whmcs), ..CallFilter::default() }).len();
    while whmcs() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    // Other callers ask too, as pages do.
    let ask = async || bench.state.whmcs.order(1).await.err().map(|error| error.kind);
    while !matches!(ask().await, Some(UpstreamErrorKind::Unavailable { retry_after: Some(_) })) {
        assert!(began.elapsed() < Duration::from_secs(5), "calls are not held back after {} calls", whmcs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let opened = began.elapsed();
    let at_opening = whmcs();
    // Long enough for the pause between two probes to grow to its limit.
    while began.elapsed() < Duration::from_secs(15) {
        ask().await;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let probes = whmcs() - at_opening;
    assert!(probes <= 5, "{probes} calls to a system that is away");
    world.clear_faults();
    let recovered = Instant::now();
    while matches!(ask().await, Some(UpstreamErrorKind::Unavailable { .. })) {
        assert!(recovered.elapsed() < Duration::from_secs(10), "still held back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("opened after {opened:?}, {probes} probes, closed after {:?}", recovered.elapsed());
    for order in &orders {
        assert_eq!(bench.settled(order).await, Stage::Active);
    }
    let client = bench.client_id(&customer).await;
    assert_eq!(bench.whmcs_orders_of(client).len(), 2);
    assert!(number(&bench.whmcs_orders_of(client)[0]["id"]).is_some());
    bench.state.stopping.cancel();
    worker.await.unwrap();
}
