//! The queue loses nothing, doubles nothing, and fences who comes back from the dead.

use platform::queue::{self, Job, NewJob, Work};
use platform::testing::TestStore;
use platform::{Db, on_both_stores};
use std::collections::BTreeSet;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);
const INSTANT: Duration = Duration::from_millis(1);

on_both_stores!(
    a_job_commits_with_its_cause,
    a_subject_has_one_job_for_ever,
    two_workers_never_get_the_same_job,
    a_worker_that_lost_its_lease_writes_nothing,
    a_lease_that_ends_frees_the_job_and_the_third_crash_parks_it,
    a_heartbeat_keeps_a_job_and_tells_of_lost_ones,
    waiting_does_not_use_up_tries_and_the_last_failed_try_is_dead,
    a_job_given_back_counts_no_try,
    a_dead_job_is_put_back_by_a_person,
);

async fn add(db: &Db, subject: &str) -> bool {
    let work = Work::Provision { salesforce_order_id: subject.to_owned() };
    let tx = db.begin().await.unwrap();
    let new = queue::enqueue(&tx, NewJob { work, request_id: None }).await.unwrap();
    tx.commit().await.unwrap();
    new
}

async fn take(db: &Db, worker: &str) -> Option<Job> {
    queue::claim(db, worker, 1, LEASE).await.unwrap().pop()
}

async fn state_of(db: &Db, job: &Job) -> queue::JobRow {
    queue::list(db, None, 100).await.unwrap().into_iter().find(|j| j.id == job.id).unwrap()
}

async fn a_job_commits_with_its_cause(store: TestStore) {
    let work = Work::Provision { salesforce_order_id: "801A".to_owned() };
    let tx = store.db.begin().await.unwrap();
    queue::enqueue(&tx, NewJob { work, request_id: None }).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(take(&store.db, "a").await.is_none());
    add(&store.db, "801A").await;
    assert!(take(&store.db, "a").await.is_some());
}

async fn a_subject_has_one_job_for_ever(store: TestStore) {
    assert!(add(&store.db, "801A").await);
    assert!(!add(&store.db, "801A").await);
    let job = take(&store.db, "a").await.unwrap();
    queue::finish(store.db.conn(), &job).await.unwrap().unwrap();
    assert!(!add(&store.db, "801A").await);
    assert!(take(&store.db, "a").await.is_none());
}

async fn two_workers_never_get_the_same_job(store: TestStore) {
    for n in 0..60 {
        add(&store.db, &format!("801{n:03}")).await;
    }
    let claims = (0..6).map(|worker| {
        let db = store.db.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let jobs = queue::claim(&db, &format!("w{worker}"), 4, LEASE).await.unwrap();
                if jobs.is_empty() {
                    return mine;
                }
                mine.extend(jobs.into_iter().map(|j| j.id));
            }
        })
    });
    let mut all = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        all.extend(claim.await.unwrap());
    }
    assert_eq!(all.len(), 60);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 60);
}

async fn a_worker_that_lost_its_lease_writes_nothing(store: TestStore) {
    add(&store.db, "801A").await;
    let old = queue::claim(&store.db, "old", 1, INSTANT).await.unwrap().pop().unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(queue::sweep(&store.db).await.unwrap(), (1, 0));
    let new = take(&store.db, "new").await.unwrap();
    assert_eq!((old.id, old.epoch + 1), (new.id, new.epoch));
    for lost in [
        queue::finish(store.db.conn(), &old).await.unwrap(),
        queue::park(store.db.conn(), &old, "x").await.unwrap(),
        queue::retry_later(store.db.conn(), &old, None, "x").await.unwrap(),
        queue::give_back(store.db.conn(), &old).await.unwrap(),
        queue::assert_held(store.db.conn(), &old).await.unwrap(),
    ] {
        assert!(lost.is_err());
    }
    queue::assert_held(store.db.conn(), &new).await.unwrap().unwrap();
    queue::finish(store.db.conn(), &new).await.unwrap().unwrap();
}

async fn a_lease_that_ends_frees_the_job_and_the_third_crash_parks_it(store: TestStore) {
    add(&store.db, "801A").await;
    for crash in 1..=3 {
        let job = queue::claim(&store.db, "doomed", 1, INSTANT).await.unwrap().pop().unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let swept = queue::sweep(&store.db).await.unwrap();
        assert_eq!(swept, if crash < 3 { (1, 0) } else { (0, 1) });
        let row = state_of(&store.db, &job).await;
        assert_eq!((row.crashes, row.state.as_str()), (crash, if crash < 3 { "ready" } else { "parked" }));
    }
    assert!(take(&store.db, "next").await.is_none());
}

async fn a_heartbeat_keeps_a_job_and_tells_of_lost_ones(store: TestStore) {
    add(&store.db, "801A").await;
    add(&store.db, "801B").await;
    let jobs = queue::claim(&store.db, "w", 2, Duration::from_millis(300)).await.unwrap();
    let held: Vec<_> = jobs.iter().map(|j| (j.id, j.epoch)).collect();
    assert_eq!(queue::heartbeat(&store.db, "w", &held, LEASE).await.unwrap().len(), 2);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(queue::sweep(&store.db).await.unwrap(), (0, 0));
    queue::finish(store.db.conn(), &jobs[0]).await.unwrap().unwrap();
    assert_eq!(queue::heartbeat(&store.db, "w", &held, LEASE).await.unwrap(), [jobs[1].id]);
    assert!(queue::heartbeat(&store.db, "other", &held, LEASE).await.unwrap().is_empty());
}

async fn waiting_does_not_use_up_tries_and_the_last_failed_try_is_dead(store: TestStore) {
    add(&store.db, "801A").await;
    for _ in 0..5 {
        let job = take(&store.db, "w").await.unwrap();
        assert_eq!(job.attempts, 1);
        queue::retry_later(store.db.conn(), &job, Some(Duration::ZERO), "waits").await.unwrap().unwrap();
    }
    let mut job = take(&store.db, "w").await.unwrap();
    queue::retry_later(store.db.conn(), &job, Some(Duration::from_secs(30)), "later").await.unwrap().unwrap();
    assert!(take(&store.db, "w").await.is_none(), "not before its time");
    let row = state_of(&store.db, &job).await;
    let wait = row.run_at.millis() - store.db.now().await.unwrap().millis();
    assert!((25_000..=30_000).contains(&wait), "{wait}");

    add(&store.db, "801B").await;
    job = take(&store.db, "w").await.unwrap();
    job.attempts = job.max_attempts;
    queue::retry_later(store.db.conn(), &job, None, "unavailable").await.unwrap().unwrap();
    let row = state_of(&store.db, &job).await;
    assert_eq!((row.state.as_str(), row.last_error.as_deref()), ("dead", Some("unavailable")));
}

async fn a_job_given_back_counts_no_try(store: TestStore) {
    add(&store.db, "801A").await;
    let job = take(&store.db, "stopping").await.unwrap();
    queue::give_back(store.db.conn(), &job).await.unwrap().unwrap();
    assert_eq!(take(&store.db, "next").await.unwrap().attempts, 1);
}

async fn a_dead_job_is_put_back_by_a_person(store: TestStore) {
    add(&store.db, "801A").await;
    let job = take(&store.db, "w").await.unwrap();
    assert!(!platform::testing::put_back(&store.db, job.id).await, "a running job is not touched");
    queue::park(store.db.conn(), &job, "needs_attention").await.unwrap().unwrap();
    assert!(platform::testing::put_back(&store.db, job.id).await);
    assert_eq!(take(&store.db, "w").await.unwrap().attempts, 1);
}
