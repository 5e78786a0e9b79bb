//! A job that kills its process. The test runs its own executable again as the worker that dies.

use crate::engine::{add, engine, until};
use platform::Db;
use platform::queue::{self, Ended, Job, JobRow};
use platform::testing::TestStore;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CHILD: &str = "PORTAL_TEST_POISON_DATABASE";
const LEASE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn on_sqlite() {
    poisoned("poison::on_sqlite", TestStore::sqlite).await;
}

#[tokio::test]
async fn on_postgres() {
    poisoned("poison::on_postgres", TestStore::postgres).await;
}

/// The part of the child: a worker whose process ends with the job.
async fn work_and_die(url: &str) {
    let engine = engine(&url.parse().unwrap(), 8, LEASE).await;
    let handler = |job: Job| async move {
        if job.kind.starts_with("poison") {
            std::process::abort();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ended::Done
    };
    engine.run(handler).await;
}

fn child(test: &str, url: &url::Url) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, url.as_str())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn rows(db: &Db, state: &str) -> Vec<JobRow> {
    queue::list(db, Some(state), 1_000).await.unwrap()
}

async fn poisoned<F: Future<Output = TestStore>>(test: &str, store: fn() -> F) {
    if let Ok(url) = std::env::var(CHILD) {
        work_and_die(&url).await;
        return;
    }
    platform::metrics::install();
    let store = store().await;
    let poison = test.replace("::", "_");
    add(&store.db, "harmless", 50).await;
    add(&store.db, &poison, 1).await;
    add(&store.db, "harmless", 50).await;
    let alert =
        || platform::metrics::render().lines().any(|line| line == format!("jobs_parked_total{{kind=\"{poison}\"}} 1"));
    assert!(!alert());
    let mut killed = 0;
    let mut worker = child(test, &store.url);
    // A supervisor that restarts the worker, and another worker's sweep.
    let all = async {
        while rows(&store.db, "parked").await.is_empty() || rows(&store.db, "done").await.len() < 100 {
            queue::sweep(&store.db).await.unwrap();
            if let Some(status) = worker.try_wait().unwrap() {
                assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(6), "aborted: {status}");
                killed += 1;
                worker = child(test, &store.url);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(90), all).await;
    let _ = worker.kill();
    let _ = worker.wait();
    settled.expect("one parked, the others done");
    assert_eq!(killed, 3);
    let parked = rows(&store.db, "parked").await;
    assert_eq!((parked.len(), parked[0].kind.as_str(), parked[0].crashes), (1, poison.as_str(), 3));
    assert_eq!(parked[0].last_error.as_deref(), Some("worker_crashed"));
    assert_eq!(rows(&store.db, "done").await.len(), 100);
    assert!(alert(), "{}", platform::metrics::render());
    // Nobody runs it again by itself; a person may.
    until(Duration::from_secs(1), "stays parked", || async { rows(&store.db, "ready").await.is_empty() }).await;
    assert!(platform::testing::put_back(&store.db, parked[0].id).await);
}
