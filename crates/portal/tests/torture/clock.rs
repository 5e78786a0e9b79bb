//! The clock of the machine is set by an hour while orders are under way (libfaketime): nothing is early, lost or doubled,
//! and access tokens are judged with a minute of leeway. Timers go on, as they do on a machine whose clock is set.

use crate::crash_points::stock;
use crate::customer::{Customer, Wish};
use crate::fleet::{Fleet, Patience, SetUp, free_port};
use crate::ledger::{Acknowledged, Sums, approve_all, end, judge, stage};
use crate::process::Process;
use domain::orders::Stage;
use platform::testing::TestStore;
use sandbox::{Call, CallFilter, DelayPoint, Fault, FaultKind, System};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const HOUR: i64 = 3_600;
/// Answers of writes are given up after `timeout_ms`, and a slow upstream carries out what it got in [`LATE_MS`].
const PATIENCE: Patience = Patience { lease_ms: 4_000, settle_ms: 4_000, timeout_ms: 800 };
const LATE_MS: u64 = 1_300;
/// Seconds of patience that billing asks for.
const ASKED: u32 = 3;

/// The clock of one machine, which its processes read through a library.
struct Machine {
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
}

impl Machine {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("portal-torture-clock-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("clock").display().to_string();
        let library = library().expect("libfaketime is installed (Debian package faketime); scripts/test installs it");
        let settings = vec![
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            // Read anew at every look at the clock.
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            // Nobody can set the clock that timers go by.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ];
        let machine = Self { folder, settings };
        machine.set(0);
        machine
    }

    /// So many seconds beside the right time, from now on.
    fn set(&self, seconds: i64) {
        let new = self.folder.join("new");
        std::fs::write(&new, format!("{seconds:+}\n")).unwrap();
        // At once: nobody reads half of it.
        std::fs::rename(new, self.folder.join("clock")).unwrap();
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn library() -> Option<PathBuf> {
    let of_architectures = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut places = of_architectures.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    places.find(|place| place.exists())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faketime_an_hour_forward_and_back_on_sqlite() {
    orders_while_the_clock_is_set(SetUp::Embedded, HOUR).await;
    orders_while_the_clock_is_set(SetUp::Embedded, -HOUR).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faketime_an_hour_forward_and_back_on_postgres() {
    orders_while_the_clock_is_set(SetUp::Separate, HOUR).await;
    orders_while_the_clock_is_set(SetUp::Separate, -HOUR).await;
}

/// Upstreams that lose answers, finish late and ask for patience, and in the middle of that the clock is set.
async fn orders_while_the_clock_is_set(set_up: SetUp, shift: i64) {
    let (fleet, machine) = (Fleet::new(set_up, PATIENCE).await, Machine::new());
    stock(&fleet, 50).await;
    let mut processes = vec![fleet.start_api(&machine.settings())];
    if set_up == SetUp::Separate {
        processes.push(fleet.start_worker(&machine.settings()));
    }
    fleet.answers(&processes[0]).await;
    // With the connected systems signed in to.
    let mut orders = vec![place(&Customer::new(&fleet).await, "first", Wish::Esim).await];
    end(&fleet, &processes.iter().collect::<Vec<_>>(), orders.len()).await;

    add(&fleet, "AddOrder", FaultKind::Delay(LATE_MS, DelayPoint::BeforeCommit), 3);
    add(&fleet, "AcceptOrder", FaultKind::Status(503, Some(ASKED)), 2);
    let begun = fleet.sandbox.world().last_call();
    let mut customers = Vec::new();
    for wish in [Wish::Esim, Wish::Internet, Wish::Physical] {
        // Each its own account in billing, so that the look-ups can be told apart.
        let customer = Customer::new(&fleet).await;
        orders.push(place(&customer, "before", wish).await);
        customers.push(customer);
    }
    approve_all(fleet.sandbox.world());
    let three = CallFilter { since: Some(begun), operation: Some("AddOrder".to_owned()), ..CallFilter::default() };
    wait(&processes, "three calls without an answer", async || fleet.sandbox.world().calls_that(&three).len() >= 3)
        .await;
    machine.set(shift);
    let mut refused = 0;
    for customer in &mut customers {
        // Their tokens are over, or come from the future; who signs in again goes on.
        refused += usize::from(customer.get("/api/auth/me").await.unwrap().status == 401);
        assert_eq!(customer.refresh().await, 200, "the session goes on");
        customer.sign_in().await;
        assert_eq!(customer.get("/api/auth/me").await.unwrap().status, 200);
        orders.push(place(&Customer::new(&fleet).await, "after", Wish::Internet).await);
    }
    assert_eq!(refused, customers.len());
    let back_on_the_file = set_up == SetUp::Embedded && shift < 0;
    if back_on_the_file {
        // The database's time is this machine's. What had to wait until a minute of the right time waits for it.
        approve_all(fleet.sandbox.world());
        let new = &orders[orders.len() - customers.len()..];
        for order in new {
            wait(&processes, "new orders", async || stage(&fleet, order).await == Some(Stage::Active)).await;
        }
        machine.set(0);
    }
    end(&fleet, &processes.iter().collect::<Vec<_>>(), orders.len()).await;
    let (settled, patient) = (gaps_of_look_ups(&fleet, begun), gaps_after_503(&fleet, begun));
    let sums = judge(&fleet, &orders).await;
    crate::say(&format!(
        "clock set by {shift:+} s on {set_up:?}: looked {settled:?} ms after a lost answer, called {patient:?} ms after \
         being asked for {ASKED} s; {sums}"
    ));
    assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
    let settle = i64::try_from(PATIENCE.settle_ms).unwrap();
    assert!(settled.len() == 3 && settled.iter().all(|gap| *gap >= settle), "nobody looks early: {settled:?}");
    assert!(
        patient.len() == 2 && patient.iter().all(|gap| *gap >= i64::from(ASKED) * 1_000),
        "nobody calls early: {patient:?}"
    );
    for process in processes {
        assert_eq!(process.stop().await, Some(0));
    }
}

fn add(fleet: &Fleet, operation: &str, kind: FaultKind, times: u32) {
    let fault = Fault { system: System::Whmcs, operation: Some(operation.to_owned()), kind, times: Some(times) };
    fleet.sandbox.world().add_fault(fault);
}

async fn place(customer: &Customer, key: &str, wish: Wish) -> Acknowledged {
    let placed = customer.order(key, &customer.order_of(&[wish])).await;
    Acknowledged::read(&placed, usize::from(wish != Wish::Internet))
}

async fn wait(processes: &[Process], what: &str, done: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !done().await {
        let logs = || processes.iter().map(Process::tail).collect::<Vec<_>>().join("\n");
        assert!(started.elapsed() < Duration::from_secs(90), "{what}: {}", logs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Milliseconds from each call whose answer came too late to the look-up of the same account.
fn gaps_of_look_ups(fleet: &Fleet, begun: u64) -> Vec<i64> {
    let lost = |call: &Call| call.operation == "AddOrder" && call.fault.is_some();
    gaps(&fleet.sandbox.world().calls_since(begun), lost, "GetClientsProducts", "clientid")
}

/// Milliseconds from each call that was asked for patience to the next one for the same order.
fn gaps_after_503(fleet: &Fleet, begun: u64) -> Vec<i64> {
    let asked = |call: &Call| call.operation == "AcceptOrder" && call.status == Some(503);
    gaps(&fleet.sandbox.world().calls_since(begun), asked, "AcceptOrder", "orderid")
}

/// Milliseconds from each such call to the next one of that operation with the same parameter.
fn gaps(calls: &[Call], from: impl Fn(&Call) -> bool, to: &str, same: &str) -> Vec<i64> {
    let next = |first: &Call| {
        let follows = |call: &&Call| call.sequence > first.sequence && call.operation == to;
        let mut later = calls.iter().filter(follows);
        later.find(|call| call.parameters.get(same) == first.parameters.get(same)).map(|call| call.at_ms - first.at_ms)
    };
    calls.iter().filter(|call| from(call)).filter_map(next).collect()
}

/// Seconds that the clock of the second API is beside that of the first; whether the first takes the second's tokens, and
/// the second the first's. A token lives for 15 minutes.
const LEEWAY: [(i64, bool, bool); 6] = [
    (45, true, true),
    // From the future.
    (75, false, true),
    (-45, true, true),
    (-75, true, false),
    // From the future, and over.
    (HOUR, false, false),
    (-HOUR, false, false),
];

/// Two APIs on one database, one of them with a wrong clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faketime_two_apis_may_differ_by_a_minute_on_postgres() {
    let (fleet, machine) =
        (Fleet::on(TestStore::postgres().await, SetUp::Separate, PATIENCE, &[]).await, Machine::new());
    stock(&fleet, 50).await;
    let listen = format!("127.0.0.1:{}", free_port());
    let url = format!("http://{listen}");
    let mut settings = machine.settings();
    settings.extend([("PORTAL_BFF__LISTEN", listen.as_str()), ("PORTAL_BFF__PUBLIC_URL", url.as_str())]);
    let (right, wrong) = (fleet.start_api(&[]), fleet.start_api(&settings));
    let worker = fleet.start_worker(&machine.settings());
    fleet.answers(&right).await;
    fleet.answers_at(&listen, &wrong).await;
    let mut right_customer = Customer::new(&fleet).await;
    let mut orders = Vec::new();
    let mut wrong_customer = right_customer.at(&url);
    orders.push(place(&right_customer, "right", Wish::Internet).await);
    orders.push(place(&wrong_customer, "wrong", Wish::Internet).await);

    for (shift, right_takes, wrong_takes) in LEEWAY {
        machine.set(shift);
        right_customer.sign_in().await;
        wrong_customer.sign_in().await;
        let status = async |customer: &Customer| customer.get("/api/auth/me").await.unwrap().status;
        assert_eq!((status(&right_customer).await, status(&wrong_customer).await), (200, 200), "{shift} s: its own");
        let expected = |takes: bool| if takes { 200 } else { 401 };
        let (crossed_right, crossed_wrong) = (wrong_customer.at(&fleet.url), right_customer.at(wrong_customer.url()));
        assert_eq!(status(&crossed_right).await, expected(right_takes), "{shift} s, at the right one");
        assert_eq!(status(&crossed_wrong).await, expected(wrong_takes), "{shift} s, at the wrong one");

        // One key at both at once: the lock of the one may look over to the other.
        let key = format!("both{shift}");
        let order = right_customer.order_of(&[Wish::Internet]);
        let slow = FaultKind::Delay(300, DelayPoint::AfterCommit);
        let operation = Some("composite".to_owned());
        fleet.sandbox.world().add_fault(Fault { system: System::Salesforce, operation, kind: slow, times: Some(2) });
        let mut asking = JoinSet::new();
        for customer in [&right_customer, &wrong_customer].into_iter().cycle().take(8) {
            let (customer, key, order) = (customer.clone(), key.clone(), order.clone());
            asking.spawn(async move { customer.order(&key, &order).await });
        }
        let answers = asking.join_all().await;
        assert!(answers.iter().all(|answer| answer["id"] == answers[0]["id"]), "{shift} s: one order");
        orders.push(Acknowledged::read(&answers[0], 0));
        fleet.sandbox.world().clear_faults();

        assert_eq!(
            right_customer.at(wrong_customer.url()).refresh().await,
            200,
            "{shift} s: the session goes on there"
        );
        assert_eq!(wrong_customer.at(&fleet.url).refresh().await, 200, "{shift} s: and here");
        assert_eq!(wrong_customer.sign_out().await, 204, "{shift} s");
        assert_eq!(status(&wrong_customer).await, 401, "{shift} s: signed out");
    }
    let processes = [right, wrong, worker];
    end(&fleet, &processes.iter().collect::<Vec<_>>(), orders.len()).await;
    let sums = judge(&fleet, &orders).await;
    let shifts = LEEWAY.map(|(shift, ..)| format!("{shift:+}")).join(", ");
    crate::say(&format!("clocks of two APIs {shifts} s apart: tokens as expected, one key at both; {sums}"));
    assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
}

/// Whose clock is wrong cannot sign in to Salesforce: customers hear that it does not work at the moment, approved orders
/// wait, and everything goes on when the clock is right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faketime_a_start_with_a_wrong_clock_waits_for_the_right_one_on_postgres() {
    for shift in [HOUR, -HOUR] {
        let (fleet, machine) = (Fleet::new(SetUp::Separate, Patience::default()).await, Machine::new());
        stock(&fleet, 50).await;
        let api = fleet.start_api(&[]);
        fleet.answers(&api).await;
        let mut customer = Customer::new(&fleet).await;
        let mut orders = vec![place(&customer, "right", Wish::Internet).await];
        assert_eq!(api.stop().await, Some(0));

        machine.set(shift);
        let processes = [fleet.start_api(&machine.settings()), fleet.start_worker(&machine.settings())];
        fleet.answers(&processes[0]).await;
        approve_all(fleet.sandbox.world());
        customer.sign_in().await;
        let reply = customer.send("wrong", &customer.order_of(&[Wish::Internet])).await.unwrap();
        assert_eq!((reply.status, reply.media_type.as_str()), (502, "application/problem+json"), "{reply:?}");
        tokio::time::sleep(Duration::from_secs(3)).await;
        let made = crate::ledger::billing_orders(fleet.sandbox.world()).len();
        assert_eq!(made, 0, "{shift}: nothing is made of an order that cannot be checked");

        machine.set(0);
        customer.sign_in().await;
        orders.push(place(&customer, "wrong", Wish::Internet).await);
        end(&fleet, &processes.iter().collect::<Vec<_>>(), orders.len()).await;
        let sums = judge(&fleet, &orders).await;
        crate::say(&format!("started with a clock {shift:+} s wrong: waited until it was right; {sums}"));
        assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
    }
}
