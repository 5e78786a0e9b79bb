//! SIGKILL at random, upstreams that lose answers, slow ones that finish after we gave up: nothing is lost, nothing doubled.
//! And the same without what protects us, where doubles must be found, so that one knows that the test can see them.

use crate::crash_points::stock;
use crate::customer::{Customer, Wish};
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, Sums, all_ended, approve_all, judge};
use crate::process::Process;
use domain::ops::{JobAct, JobState};
use platform::queue::{self, By};
use platform::store::ops::{self, JobFilter};
use platform::store::orders::count_by_stage;
use platform::store::staff::Staff;
use platform::{Bus, Clock};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sandbox::{Aim, DelayPoint, Fault, FaultKind, System};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The writes of a run.
const WRITES: [(System, &str); 6] = [
    (System::Whmcs, "AddClient"),
    (System::Whmcs, "AddOrder"),
    (System::Whmcs, "AcceptOrder"),
    (System::Freebit, "mvno/esim/addAcnt"),
    (System::Freebit, "master/addAcnt"),
    (System::Salesforce, "composite"),
];

#[derive(Clone, Copy)]
struct Storm {
    orders: usize,
    seed: u64,
    /// Between two kills.
    pause_ms: (u64, u64),
    patience: Patience,
    /// Percent of the writes that never arrive, and of those whose answer is lost.
    never: u8,
    lost: u8,
    /// Percent of the writes that are carried out this late, milliseconds.
    slow: Option<(u8, u64)>,
    /// Ends the look before a repeat: what a queue without the ledger of intents would do.
    blind: bool,
}

const USUAL: Storm = Storm {
    orders: 24,
    seed: 1,
    pause_ms: (300, 1_200),
    patience: Patience { lease_ms: 1_500, settle_ms: 1_000, timeout_ms: 5_000 },
    never: 5,
    lost: 10,
    slow: None,
    blind: false,
};

/// How much is asked of a run, and with which seeds: `TORTURE_ORDERS`, `TORTURE_SEEDS` (a list).
fn sized(storm: Storm) -> Vec<Storm> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<usize>().unwrap());
    let seeds = std::env::var("TORTURE_SEEDS").unwrap_or_else(|_| "1".to_owned());
    let orders = number("TORTURE_ORDERS").unwrap_or(storm.orders);
    seeds.split(',').map(|seed| Storm { seed: seed.trim().parse().unwrap(), orders, ..storm }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_and_double_nothing_on_sqlite() {
    unharmed(SetUp::Embedded, USUAL, "kill storm").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_and_double_nothing_on_postgres() {
    unharmed(SetUp::Separate, USUAL, "kill storm").await;
}

/// 15 % of the writes are carried out after we gave up.
const SLOW: Storm = Storm {
    pause_ms: (60_000, 60_001),
    patience: Patience { lease_ms: 4_000, settle_ms: 4_000, timeout_ms: 800 },
    never: 0,
    lost: 0,
    slow: Some((15, 1_300)),
    ..USUAL
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_upstream_doubles_nothing_on_sqlite() {
    unharmed(SetUp::Embedded, SLOW, "slow upstream").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_upstream_doubles_nothing_on_postgres() {
    unharmed(SetUp::Separate, SLOW, "slow upstream").await;
}

async fn unharmed(set_up: SetUp, storm: Storm, what: &str) {
    for storm in sized(storm) {
        let Outcome { sums, kills, resumed } = rage(set_up, storm).await;
        let by_hand = if resumed == 0 { String::new() } else { format!("; {resumed} of them parked and resumed") };
        crate::say(&format!("{what} on {set_up:?}, seed {}: {kills} kills; {sums}{by_hand}", storm.seed));
        let expected = Sums { asked: storm.orders, made: storm.orders, ..Sums::default() };
        assert_eq!(sums, expected, "seed {}", storm.seed);
        // Whoever is killed three times at the same place looks like poison; in a storm that may happen, but rarely.
        assert!(resumed <= storm.orders / 50, "{resumed} of {} orders were parked", storm.orders);
    }
}

/// Negative control: without looking before a repeat, lost answers double orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_look_the_storm_doubles_on_postgres() {
    let storm = Storm { orders: 30, lost: 40, blind: true, pause_ms: SLOW.pause_ms, ..USUAL };
    let Outcome { sums, kills, .. } = rage(SetUp::Separate, storm).await;
    crate::say(&format!("negative control without look-up, seed {}: {kills} kills; {sums}", storm.seed));
    assert!(sums.doubled >= 5, "the test sees doubles: {sums}");
}

/// Negative control: without the settle time, a slow upstream doubles orders though we look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_settle_time_a_late_upstream_doubles_on_postgres() {
    let patience = Patience { settle_ms: 0, ..SLOW.patience };
    let storm = Storm { orders: 20, slow: Some((60, 1_300)), patience, ..SLOW };
    let Outcome { sums, .. } = rage(SetUp::Separate, storm).await;
    crate::say(&format!("negative control without settle time, seed {}: {sums}", storm.seed));
    assert!(sums.doubled >= 1, "the test sees doubles: {sums}");
}

fn faults(fleet: &Fleet, storm: Storm) {
    let add = |(system, operation): (System, &str), kind: FaultKind, share: u8, seed: u64| {
        let fault = Fault { system, operation: Some(operation.to_owned()), kind, times: None };
        fleet.sandbox.world().add_fault(fault.aimed(Aim { share: Some(share), seed, ..Aim::default() }));
    };
    for (number, write) in (1_u64..).zip(WRITES) {
        let seed = storm.seed.wrapping_mul(31).wrapping_add(number);
        if storm.never > 0 {
            add(write, FaultKind::DropBefore, storm.never, seed);
        }
        if storm.lost > 0 {
            add(write, FaultKind::DropAfterCommit, storm.lost, seed.wrapping_mul(7));
        }
        if let Some((share, late_ms)) = storm.slow {
            add(write, FaultKind::Delay(late_ms, DelayPoint::BeforeCommit), share, seed.wrapping_mul(11));
        }
    }
}

/// What a storm has left.
struct Outcome {
    sums: Sums,
    kills: usize,
    /// Orders that were parked as poison and went on when staff resumed them.
    resumed: usize,
}

async fn rage(set_up: SetUp, storm: Storm) -> Outcome {
    let fleet = Fleet::new(set_up, storm.patience).await;
    stock(&fleet, storm.orders * 2).await;
    let blind = if storm.blind { "1" } else { "0" };
    let more = [("TEST_BLIND", blind)];
    let mut random = StdRng::seed_from_u64(storm.seed);
    let first = fleet.start_api(&more);
    fleet.answers(&first).await;
    let mut processes = vec![first];
    if set_up == SetUp::Separate {
        processes.extend((0..3).map(|_| fleet.start_worker(&more)));
    }
    let mut customers = Vec::new();
    for _ in 0..4 {
        customers.push(Customer::new(&fleet).await);
    }
    faults(&fleet, storm);

    let mut placing = JoinSet::new();
    for (number, customer) in (0..storm.orders).zip(customers.into_iter().cycle()) {
        let wish = [Wish::Esim, Wish::Physical, Wish::Internet][random.random_range(0..3)];
        let wait = Duration::from_millis(random.random_range(0..3_000));
        placing.spawn(async move {
            tokio::time::sleep(wait).await;
            let placed = customer.order(&format!("storm-{number}"), &customer.order_of(&[wish])).await;
            Acknowledged::read(&placed, usize::from(wish != Wish::Internet))
        });
    }
    let mut acknowledged = Vec::new();
    let mut kills = 0;
    let mut next_kill = Instant::now() + pause(&mut random, storm, set_up);
    let started = Instant::now();
    let limit = Duration::from_secs(60 + 4 * storm.orders as u64);
    while started.elapsed() < limit {
        while let Some(placed) = placing.try_join_next() {
            acknowledged.push(placed.unwrap());
        }
        approve_all(fleet.sandbox.world());
        if Instant::now() >= next_kill {
            let victim = random.random_range(0..processes.len());
            replace(&fleet, &mut processes, victim, &more).await;
            kills += 1;
            next_kill = Instant::now() + pause(&mut random, storm, set_up);
        }
        if placing.is_empty() && all_ended(&fleet, acknowledged.len()).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Without the look, what is parked are doubles, and a person would have to choose.
    let resumed = if storm.blind { 0 } else { resume(&fleet, acknowledged.len()).await };
    let sums = judge(&fleet, &acknowledged).await;
    for process in processes {
        process.kill();
    }
    Outcome { sums, kills, resumed }
}

/// What staff do when the storm is over: jobs that were taken for poison go on. Returns how many there were.
async fn resume(fleet: &Fleet, orders: usize) -> usize {
    let (db, staff, bus) = (&fleet.store.db, Staff::at_the_console(), Bus::new(None));
    let filter = JobFilter { state: Some(JobState::Parked), kind: Some("provision".to_owned()) };
    let mut parked = ops::jobs(db.conn(), &staff, &filter, 1).await.unwrap().items;
    parked.retain(|job| job.last_error.as_deref() == Some("worker_crashed"));
    for job in &parked {
        let by = By { staff: &staff, reason: "The storm is over.", request_id: None, now: Clock::system().now() };
        queue::act(db, &bus, job.id, JobAct::Resume, by).await.unwrap().unwrap();
    }
    let started = Instant::now();
    while !parked.is_empty() && !active(fleet, orders).await && started.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    parked.len()
}

async fn active(fleet: &Fleet, orders: usize) -> bool {
    let counts = count_by_stage(fleet.store.db.conn()).await.unwrap_or_default();
    counts.iter().any(|(stage, n)| stage == "active" && usize::try_from(*n).unwrap() >= orders)
}

fn pause(random: &mut StdRng, storm: Storm, set_up: SetUp) -> Duration {
    // One process does the work of four, and each kill hits all of it: three kills before anything of a job is done look
    // like a job that kills.
    let times = if set_up == SetUp::Embedded { 3 } else { 1 };
    Duration::from_millis(times * random.random_range(storm.pause_ms.0..storm.pause_ms.1))
}

/// Kills a process and starts another one in its place.
async fn replace(fleet: &Fleet, processes: &mut Vec<Process>, victim: usize, more: &[(&str, &str)]) {
    let old = processes.remove(victim);
    old.kill();
    // The first one is what answers customers.
    let new = if victim == 0 { fleet.start_api(more) } else { fleet.start_worker(more) };
    if victim == 0 {
        fleet.answers(&new).await;
    }
    processes.insert(victim, new);
}
