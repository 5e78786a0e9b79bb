//! The portal's side of `scripts/bench/queue`: the real engine with handlers that do nothing, on the database that its URL
//! names. Each command prints one JSON line.
//!
//! `drain URL JOBS SLOTS` fills an empty queue and empties it; `work URL JOBS` and `add URL JOBS GAP_US` measure in two
//! processes how long it takes from adding a job to the start of its handler, `both URL JOBS GAP_US` in one; `commits FOLDER`
//! counts how often a second the disk takes a small write.

use platform::clock::random_id;
use platform::queue::{Ended, Job, RawJob, Wake, depth, enqueue_raw};
use platform::{Bus, Db};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::{Seek as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;
use worker::engine::Engine;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What handlers saw.
#[derive(Default)]
struct Log {
    /// How often each job ran.
    runs: HashMap<Uuid, u32>,
    /// By the job's number, when its handler started, in microseconds.
    started: BTreeMap<u64, u64>,
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Log>>);

impl Seen {
    /// How many different jobs have run by now.
    fn add(&self, job: &Job) -> usize {
        let at = now_us();
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *log.runs.entry(job.id).or_default() += 1;
        log.started.extend(job.payload["n"].as_u64().map(|n| (n, at)));
        log.runs.len()
    }

    /// How many ran, whether each ran once, and when they started.
    fn report(&self) -> (usize, bool, Vec<u64>) {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (log.runs.len(), log.runs.values().all(|&runs| runs == 1), log.started.values().copied().collect())
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    platform::metrics::install();
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let line = match arguments.as_slice() {
        ["drain", url, jobs, slots] => drain(&url.parse()?, jobs.parse()?, slots.parse()?).await?,
        ["work", url, jobs] => work(&url.parse()?, jobs.parse()?, None).await?,
        ["both", url, jobs, gap] => work(&url.parse()?, jobs.parse()?, Some(gap.parse()?)).await?,
        ["add", url, jobs, gap] => {
            let db = Db::connect(&url.parse()?, 8).await?;
            add(&db, None, jobs.parse()?, gap.parse()?).await?
        }
        ["commits", folder] => commits(folder)?,
        _ => return Err(
            "usage: drain URL JOBS SLOTS | work URL JOBS | add URL JOBS GAP_US | both URL JOBS GAP_US | commits FOLDER"
                .into(),
        ),
    };
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn engine(url: &Url, slots: usize) -> Outcome<Engine> {
    let db = Db::connect(url, 8).await?;
    migrations::apply(db.conn()).await?;
    let wake = Wake::new(&db, &Bus::new(None));
    Ok(Engine {
        db,
        wake,
        name: format!("bench-{}", random_id().simple()).into(),
        slots,
        lease: Duration::from_secs(60),
        stop_limit: Duration::from_secs(25),
        stopping: CancellationToken::new(),
    })
}

fn job(payload: Value) -> RawJob {
    RawJob { kind: "bench".to_owned(), dedupe_key: None, payload, priority: 0, max_attempts: 10, request_id: None }
}

async fn drain(url: &Url, jobs: usize, slots: usize) -> Outcome<Value> {
    let engine = engine(url, slots).await?;
    for from in (0..jobs).step_by(1_000) {
        let tx = engine.db.begin().await?;
        let batch = (from..jobs.min(from + 1_000)).map(|n| job(json!({ "n": n }))).collect();
        enqueue_raw(&tx, batch).await?;
        tx.commit().await?;
    }
    let db = engine.db.clone();
    let (seen, stop) = (Seen::default(), engine.stopping.clone());
    let started = Instant::now();
    let sweeper = tokio::spawn(engine.clone().sweep());
    let counted = seen.clone();
    // The engine stops when every end is written.
    engine
        .run(move |job| {
            if counted.add(&job) == jobs {
                stop.cancel();
            }
            std::future::ready(Ended::Done)
        })
        .await;
    let seconds = started.elapsed().as_secs_f64();
    sweeper.abort();
    let (ran, once, _) = seen.report();
    let (by_state, _) = depth(&db).await?;
    let exact = ran == jobs && once && by_state == [("done".to_owned(), i64::try_from(jobs)?)];
    Ok(
        json!({ "jobs": jobs, "seconds": seconds, "per_second": jobs as f64 / seconds, "exact": exact, "states": by_state }),
    )
}

/// Works until it has seen so many jobs; with a gap it adds them itself.
async fn work(url: &Url, jobs: usize, gap: Option<u64>) -> Outcome<Value> {
    let engine = engine(url, 100).await?;
    let (seen, stop) = (Seen::default(), engine.stopping.clone());
    let counted = seen.clone();
    let sweeper = tokio::spawn(engine.clone().sweep());
    let adding = (engine.db.clone(), engine.wake.clone());
    let running = tokio::spawn(engine.run(move |job| {
        if counted.add(&job) == jobs {
            stop.cancel();
        }
        std::future::ready(Ended::Done)
    }));
    writeln!(std::io::stderr(), "ready")?;
    let added = match gap {
        Some(gap) => add(&adding.0, Some(&adding.1), jobs, gap).await?,
        None => Value::Null,
    };
    running.await?;
    sweeper.abort();
    let (ran, once, started) = seen.report();
    Ok(json!({ "jobs": ran, "exact": ran == jobs && once, "started": started, "added": added }))
}

/// One job after the other, each durable when its call returns.
async fn add(db: &Db, wake: Option<&Wake>, jobs: usize, gap_us: u64) -> Outcome<Value> {
    let (mut called, mut returned) = (Vec::with_capacity(jobs), Vec::with_capacity(jobs));
    for n in 0..jobs {
        tokio::time::sleep(Duration::from_micros(gap_us)).await;
        called.push(now_us());
        enqueue_raw(db.conn(), vec![job(json!({ "n": n }))]).await?;
        returned.push(now_us());
        if let Some(wake) = wake {
            wake.now();
        }
    }
    Ok(json!({ "called": called, "returned": returned }))
}

/// Both processes run on one machine, so its clock is one.
fn now_us() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn commits(folder: &str) -> Outcome<Value> {
    let path = std::path::Path::new(folder).join("commits");
    let mut file = std::fs::File::create(&path)?;
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < Duration::from_secs(1) {
        file.rewind()?;
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    std::fs::remove_file(path)?;
    Ok(json!({ "fdatasync_per_second": f64::from(count) / started.elapsed().as_secs_f64() }))
}
