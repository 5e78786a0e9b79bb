//! The engine under faults, with handlers of the tests.

use crate::cut::{Proxy, lock};
use platform::clock::random_id;
use platform::queue::{self, Ended, Job, JobRow, RawJob, Wake};
use platform::testing::TestStore;
use platform::{Bus, Db, on_both_stores};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use url::Url;
use worker::engine::Engine;

on_both_stores!(
    a_job_that_waits_leaves_its_slot_and_comes_back_in_time,
    many_jobs_run_once_each_and_never_more_than_slots_at_a_time,
    a_panic_is_a_failed_try,
    a_stopping_engine_gives_back_what_does_not_end,
    a_worker_cut_off_for_longer_than_its_lease_loses_its_jobs,
    a_job_forgotten_by_the_database_does_not_run_twice_at_a_time,
);

/// Sweeps in tests are the tests' own, unless they spawn [`Engine::sweep`].
pub async fn engine(url: &Url, slots: usize, lease: Duration) -> Engine {
    let db = Db::connect(url, 6).await.unwrap();
    Engine {
        wake: Wake::new(&db, &Bus::new(None)),
        db,
        name: format!("test-{}", random_id().simple()).into(),
        slots,
        lease,
        stop_limit: Duration::from_millis(500),
        stopping: CancellationToken::new(),
    }
}

pub fn raw(kind: &str, n: usize) -> RawJob {
    let payload = json!({ "n": n });
    RawJob { kind: kind.to_owned(), dedupe_key: None, payload, priority: 0, max_attempts: 10, request_id: None }
}

pub async fn add(db: &Db, kind: &str, count: usize) {
    let jobs = (0..count).map(|n| raw(kind, n)).collect();
    assert_eq!(queue::enqueue_raw(db.conn(), jobs).await.unwrap(), count as u64);
}

async fn rows(db: &Db, state: &str) -> Vec<JobRow> {
    queue::list(db, Some(state), 10_000).await.unwrap()
}

pub async fn until<F: Future<Output = bool>>(limit: Duration, what: &str, check: impl Fn() -> F) {
    let started = Instant::now();
    while !check().await {
        assert!(started.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn one(db: &Db, column: &str) -> i64 {
    let sql = format!("SELECT CAST({column} AS bigint) AS value FROM job");
    let sql = sea_orm::Statement::from_string(db.conn().get_database_backend(), sql);
    db.conn().query_one_raw(sql).await.unwrap().unwrap().try_get("", "value").unwrap()
}

async fn a_job_that_waits_leaves_its_slot_and_comes_back_in_time(store: TestStore) {
    let engine = engine(&store.url, 1, Duration::from_secs(60)).await;
    add(&store.db, "waiting", 1).await;
    let runs: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let quick = Arc::new(AtomicU32::new(0));
    let (seen, counted) = (runs.clone(), quick.clone());
    let running = tokio::spawn(engine.clone().run(move |job| {
        let ended = if job.kind == "quick" {
            counted.fetch_add(1, Ordering::SeqCst);
            Ended::Done
        } else {
            let mut runs = seen.lock().unwrap();
            runs.push(Instant::now());
            match runs.len() {
                1..=5 => Ended::Later { after: Duration::from_secs(3), reason: "not_yet" },
                _ => Ended::Done,
            }
        };
        std::future::ready(ended)
    }));
    for _ in 0..5 {
        let before = runs.lock().unwrap().len();
        until(Duration::from_secs(10), "the next run", || async { runs.lock().unwrap().len() > before || before == 0 })
            .await;
        let quick_before = quick.load(Ordering::SeqCst);
        add(&store.db, "quick", 3).await;
        engine.wake.now();
        until(Duration::from_secs(2), "others in the only slot", || async {
            quick.load(Ordering::SeqCst) == quick_before + 3
        })
        .await;
    }
    until(Duration::from_secs(30), "all done", || async { rows(&store.db, "done").await.len() == 16 }).await;
    engine.stopping.cancel();
    running.await.unwrap();
    let runs = runs.lock().unwrap();
    assert_eq!(runs.len(), 6);
    for pair in runs.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_secs(3), "{:?}", pair[1] - pair[0]);
    }
}

async fn many_jobs_run_once_each_and_never_more_than_slots_at_a_time(store: TestStore) {
    const JOBS: usize = 400;
    add(&store.db, "short", JOBS).await;
    let runs: Arc<Mutex<HashMap<uuid::Uuid, u32>>> = Arc::default();
    let mut workers = Vec::new();
    for _ in 0..3 {
        let engine = engine(&store.url, 7, Duration::from_secs(60)).await;
        let (runs, now) = (runs.clone(), Arc::new(AtomicU32::new(0)));
        let handler = move |job: Job| {
            let (runs, now) = (runs.clone(), now.clone());
            async move {
                let at_a_time = now.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_millis(2)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                *runs.lock().unwrap().entry(job.id).or_default() += 1;
                if at_a_time > 7 { Ended::Parked { reason: "too_many" } } else { Ended::Done }
            }
        };
        workers.push((engine.stopping.clone(), tokio::spawn(engine.run(handler))));
    }
    until(Duration::from_secs(60), "all ran", || async { runs.lock().unwrap().len() == JOBS }).await;
    for (stop, running) in workers {
        stop.cancel();
        running.await.unwrap();
    }
    assert!(runs.lock().unwrap().values().all(|&n| n == 1));
    assert_eq!(rows(&store.db, "done").await.len(), JOBS, "every end is written when the engine has stopped");
}

async fn a_panic_is_a_failed_try(store: TestStore) {
    let engine = engine(&store.url, 2, Duration::from_secs(60)).await;
    add(&store.db, "panics", 1).await;
    let running = tokio::spawn(engine.clone().run(|job: Job| async move {
        assert!(job.attempts > 1, "the first try panics");
        Ended::Done
    }));
    until(Duration::from_secs(10), "put back", || async { one(&store.db, "crashes + attempts").await >= 1 }).await;
    until(Duration::from_secs(15), "done", || async { rows(&store.db, "done").await.len() == 1 }).await;
    engine.stopping.cancel();
    running.await.unwrap();
    assert_eq!((one(&store.db, "attempts").await, one(&store.db, "crashes").await), (2, 0));
}

/// Sets its flag when it goes.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

async fn a_stopping_engine_gives_back_what_does_not_end(store: TestStore) {
    let engine = engine(&store.url, 4, Duration::from_secs(60)).await;
    add(&store.db, "long", 3).await;
    add(&store.db, "border", 1).await;
    add(&store.db, "unclaimed", 2).await;
    let stop = engine.stopping.clone();
    let (gone, started) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (dropped, began) = (gone.clone(), started.clone());
    let running = tokio::spawn(engine.clone().run(move |job| {
        struct Count(Arc<AtomicU32>);
        impl Drop for Count {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (count, stop) = (Count(dropped.clone()), stop.clone());
        began.fetch_add(1, Ordering::SeqCst);
        async move {
            let _count = count;
            if job.kind == "border" {
                stop.cancelled().await;
                return Ended::GivenBack;
            }
            std::future::pending().await
        }
    }));
    until(Duration::from_secs(10), "all slots at work", || async { started.load(Ordering::SeqCst) == 4 }).await;
    let asked = Instant::now();
    engine.stopping.cancel();
    running.await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert_eq!(gone.load(Ordering::SeqCst), 4, "nothing of them runs on");
    let ready = rows(&store.db, "ready").await;
    assert_eq!(ready.len(), 6);
    assert!(ready.iter().all(|row| row.attempts == 0 && row.crashes == 0), "{ready:?}");
}

async fn a_worker_cut_off_for_longer_than_its_lease_loses_its_jobs(store: TestStore) {
    const LEASE: Duration = Duration::from_secs(3);
    let proxy = if store.db.is_postgres() { Some(Proxy::before(&store.url).await) } else { None };
    let old = engine(proxy.as_ref().map_or(&store.url, |proxy| &proxy.url), 2, LEASE).await;
    add(&store.db, "endless", 1).await;
    add(&store.db, "ends_while_cut_off", 1).await;
    let (gone, cut, started) =
        (Arc::new(AtomicBool::new(false)), CancellationToken::new(), Arc::new(AtomicU32::new(0)));
    let (flag, is_cut, began) = (gone.clone(), cut.clone(), started.clone());
    let running = tokio::spawn(old.clone().run(move |job| {
        let (flag, is_cut) = (flag.clone(), is_cut.clone());
        began.fetch_add(1, Ordering::SeqCst);
        async move {
            if job.kind == "endless" {
                let _flag = Flag(flag);
                std::future::pending::<()>().await;
            }
            is_cut.cancelled().await;
            Ended::Done
        }
    }));
    until(Duration::from_secs(10), "both run", || async { started.load(Ordering::SeqCst) == 2 }).await;
    // One heartbeat at least, so that what is dropped is a kept lease.
    tokio::time::sleep(LEASE / 2).await;
    let locked = match &proxy {
        Some(proxy) => {
            proxy.cut();
            None
        }
        None => Some(lock(&store.db).await),
    };
    let lease_ends = one_of(&store.db, "endless", "lease_until").await;
    cut.cancel();
    until(LEASE, "the running future is dropped", || async { gone.load(Ordering::SeqCst) }).await;
    let left = lease_ends - store.db.now().await.unwrap().millis();
    assert!(left > 0, "dropped {} ms after the end of its lease", -left);
    tokio::time::sleep(Duration::from_millis(left as u64 + 50)).await;

    // The other worker takes over what the old one believes to hold.
    let take_over = "state = 'leased', epoch = epoch + 1, crashes = crashes + 1, lease_owner = 'other', lease_until = 9999999999999";
    let take_over = format!("UPDATE job SET {take_over} WHERE state = 'leased'");
    let new = engine(&store.url, 2, LEASE).await;
    let finished = Arc::new(AtomicU32::new(0));
    match locked {
        None => {
            let counted = finished.clone();
            let sweeping = tokio::spawn(new.clone().sweep());
            let working = tokio::spawn(new.clone().run(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                std::future::ready(Ended::Done)
            }));
            until(Duration::from_secs(10), "done by the other", || async { rows(&store.db, "done").await.len() == 2 })
                .await;
            new.stopping.cancel();
            working.await.unwrap();
            sweeping.abort();
            assert_eq!(finished.load(Ordering::SeqCst), 2);
            proxy.as_ref().unwrap().heal();
        }
        Some(tx) => {
            tx.execute_unprepared(&take_over).await.unwrap();
            tx.execute_unprepared("UPDATE job SET state = 'done', finished_at = 4711 WHERE lease_owner = 'other'")
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    }
    let before = finished_at(&store.db).await;
    // Healed, the old worker works again, and what it still wanted to say comes to nothing.
    add(&store.db, "afterwards", 1).await;
    until(Duration::from_secs(20), "healed", || async { rows(&store.db, "done").await.len() == 3 }).await;
    old.stopping.cancel();
    running.await.unwrap();
    let done = rows(&store.db, "done").await;
    assert_eq!(done.len(), 3);
    assert_eq!(finished_at(&store.db).await, before, "late writes hit no row");
    for kind in ["endless", "ends_while_cut_off"] {
        assert_eq!(one_of(&store.db, kind, "epoch").await, 2, "{kind}");
    }
    assert_eq!(started.load(Ordering::SeqCst), 3, "the old worker ran neither of them again");
}

async fn one_of(db: &Db, kind: &str, column: &str) -> i64 {
    let sql = format!("SELECT CAST({column} AS bigint) AS value FROM job WHERE kind = '{kind}'");
    let sql = sea_orm::Statement::from_string(db.conn().get_database_backend(), sql);
    db.conn().query_one_raw(sql).await.unwrap().unwrap().try_get("", "value").unwrap()
}

/// When the two jobs of the cut-off worker were finished.
async fn finished_at(db: &Db) -> [i64; 2] {
    [one_of(db, "endless", "finished_at").await, one_of(db, "ends_while_cut_off", "finished_at").await]
}

async fn a_job_forgotten_by_the_database_does_not_run_twice_at_a_time(store: TestStore) {
    let engine = engine(&store.url, 4, Duration::from_secs(60)).await;
    add(&store.db, "forgotten", 1).await;
    let (now, most, runs) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (at_work, highest, counted) = (now.clone(), most.clone(), runs.clone());
    let running = tokio::spawn(engine.clone().run(move |_| {
        struct Leave(Arc<AtomicU32>);
        impl Drop for Leave {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let (now, most, runs) = (at_work.clone(), highest.clone(), counted.clone());
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let _leave = Leave(now);
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                std::future::pending::<()>().await;
            }
            Ended::Done
        }
    }));
    until(Duration::from_secs(10), "runs", || async { runs.load(Ordering::SeqCst) == 1 }).await;
    // What a crash of the database does that loses the claim.
    let forget = "UPDATE job SET state = 'ready', epoch = 0, attempts = 0, lease_owner = NULL, lease_until = NULL";
    store.db.conn().execute_unprepared(forget).await.unwrap();
    until(Duration::from_secs(10), "done", || async { rows(&store.db, "done").await.len() == 1 }).await;
    engine.stopping.cancel();
    running.await.unwrap();
    assert_eq!((runs.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (2, 1));
}
