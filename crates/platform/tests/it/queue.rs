//! The queue loses nothing, doubles nothing, and fences who comes back from the dead.

use platform::queue::{self, Ended, Job, NewJob, RawJob, Work};
use platform::testing::TestStore;
use platform::{Db, on_both_stores};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);
const INSTANT: Duration = Duration::from_millis(1);

on_both_stores!(
    a_job_commits_with_its_cause,
    a_subject_has_one_job_for_ever,
    many_jobs_are_queued_at_once_and_known_subjects_are_left_out,
    two_workers_never_get_the_same_job,
    the_most_urgent_jobs_are_claimed_first_and_in_order,
    a_worker_that_lost_its_lease_writes_nothing,
    a_claim_that_the_database_forgot_is_fenced_by_its_owner,
    many_ends_are_written_at_once_each_behind_its_own_fence,
    a_claim_without_an_answer_is_given_back,
    a_lease_that_ends_frees_the_job_and_the_third_crash_parks_it,
    jobs_on_their_last_chance_are_claimed_one_at_a_time,
    a_heartbeat_keeps_a_job_and_tells_of_lost_ones,
    a_heartbeat_does_not_wait_for_a_transaction,
    waiting_does_not_use_up_tries_and_the_last_failed_try_is_dead,
    endless_waiting_ends,
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

async fn claim(db: &Db, worker: &str, limit: u32, lease: Duration) -> Vec<Job> {
    queue::claim(db, &Arc::from(worker), limit, lease).await.unwrap()
}

async fn take(db: &Db, worker: &str) -> Option<Job> {
    claim(db, worker, 1, LEASE).await.pop()
}

/// The jobs that were lost.
async fn end(db: &Db, job: &Job, ended: Ended) -> Vec<uuid::Uuid> {
    queue::acknowledge(db.conn(), &[(job.clone(), ended)]).await.unwrap()
}

async fn sql(db: &Db, text: &str) {
    db.conn().execute_unprepared(text).await.unwrap();
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
                let jobs = claim(&db, &format!("w{worker}"), 4, LEASE).await;
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
    let old = claim(&store.db, "old", 1, INSTANT).await.pop().unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(queue::sweep(&store.db).await.unwrap(), (1, 0));
    let new = take(&store.db, "new").await.unwrap();
    assert_eq!((old.id, old.epoch + 1), (new.id, new.epoch));
    for lost in [
        queue::finish(store.db.conn(), &old).await.unwrap(),
        queue::park(store.db.conn(), &old, "x").await.unwrap(),
        queue::assert_held(store.db.conn(), &old).await.unwrap(),
    ] {
        assert!(lost.is_err());
    }
    let ways = [Ended::Done, Ended::GivenBack, Ended::Failed { reason: "x" }, Ended::Parked { reason: "x" }];
    for ended in ways.into_iter().chain([Ended::Later { after: INSTANT, reason: "x" }]) {
        assert_eq!(end(&store.db, &old, ended).await, [old.id], "{ended:?}");
    }
    queue::assert_held(store.db.conn(), &new).await.unwrap().unwrap();
    queue::finish(store.db.conn(), &new).await.unwrap().unwrap();
}

async fn many_jobs_are_queued_at_once_and_known_subjects_are_left_out(store: TestStore) {
    add(&store.db, "801B").await;
    let job = |subject: &str| NewJob {
        work: Work::Provision { salesforce_order_id: subject.to_owned() },
        request_id: Some(format!("for '{subject}'")),
    };
    let tx = store.db.begin().await.unwrap();
    let new = queue::enqueue_all(&tx, ["801C", "801B", "801A", "801C"].map(job).to_vec()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(new, 2);
    let jobs = claim(&store.db, "w", 10, LEASE).await;
    let subject = |job: &Job| match job.work() {
        Some(Work::Provision { salesforce_order_id }) => salesforce_order_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(jobs.iter().map(subject).collect::<Vec<_>>(), ["801B", "801C", "801A"], "in the caller's order");
    assert_eq!(jobs[1].request_id.as_deref(), Some("for '801C'"));
    assert_eq!(queue::enqueue_all(store.db.conn(), Vec::new()).await.unwrap(), 0);
}

async fn the_most_urgent_jobs_are_claimed_first_and_in_order(store: TestStore) {
    let job = |(n, priority): (i32, i32)| RawJob {
        kind: "test".to_owned(),
        dedupe_key: None,
        payload: json!({ "n": n }),
        priority,
        max_attempts: 1,
        request_id: None,
    };
    let jobs = [(1, 0), (2, 5), (3, 0), (4, 9), (5, 5)].map(job).to_vec();
    assert_eq!(queue::enqueue_raw(store.db.conn(), jobs).await.unwrap(), 5);
    let numbers = |jobs: Vec<Job>| jobs.iter().map(|job| job.payload["n"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers(claim(&store.db, "w", 3, LEASE).await), [4, 2, 5]);
    assert_eq!(numbers(claim(&store.db, "w", 9, LEASE).await), [1, 3]);
}

async fn a_claim_that_the_database_forgot_is_fenced_by_its_owner(store: TestStore) {
    add(&store.db, "801A").await;
    let forgotten = take(&store.db, "a").await.unwrap();
    sql(&store.db, "UPDATE job SET state = 'ready', epoch = 0, attempts = 0, lease_owner = NULL").await;
    let new = take(&store.db, "b").await.unwrap();
    assert_eq!((forgotten.id, forgotten.epoch), (new.id, new.epoch), "the same fence but for the owner");
    assert!(queue::assert_held(store.db.conn(), &forgotten).await.unwrap().is_err());
    assert_eq!(end(&store.db, &forgotten, Ended::Done).await, [forgotten.id]);
    assert!(queue::finish(store.db.conn(), &new).await.unwrap().is_ok());
}

async fn many_ends_are_written_at_once_each_behind_its_own_fence(store: TestStore) {
    for n in 0..7 {
        add(&store.db, &format!("801{n}")).await;
    }
    let mut jobs = claim(&store.db, "w", 7, LEASE).await;
    jobs[0].epoch -= 1;
    jobs[6].attempts = jobs[6].max_attempts;
    let ways = [
        Ended::Done,
        Ended::Done,
        Ended::Later { after: Duration::from_secs(40), reason: "waiting" },
        Ended::Failed { reason: "unavailable" },
        Ended::Parked { reason: "person" },
        Ended::GivenBack,
        Ended::Failed { reason: "last" },
    ];
    let before = store.db.now().await.unwrap().millis();
    let batch: Vec<_> = jobs.iter().cloned().zip(ways).collect();
    assert_eq!(queue::acknowledge(store.db.conn(), &batch).await.unwrap(), [jobs[0].id], "the lost one is told");
    assert_eq!(state_of(&store.db, &jobs[0]).await.state, "leased", "and its row untouched");
    assert_eq!(queue::list(&store.db, Some("done"), 9).await.unwrap()[0].id, jobs[1].id);
    let rows = [state_of(&store.db, &jobs[2]).await, state_of(&store.db, &jobs[3]).await];
    assert!((40_000..45_000).contains(&(rows[0].run_at.millis() - before)));
    assert_eq!(rows.each_ref().map(|r| (r.state.as_str(), r.attempts)), [("ready", 0), ("ready", 1)]);
    assert_eq!(rows[1].last_error.as_deref(), Some("unavailable"));
    let stopped = [state_of(&store.db, &jobs[4]).await, state_of(&store.db, &jobs[6]).await];
    assert_eq!(stopped.each_ref().map(|r| r.state.as_str()), ["parked", "dead"]);
    assert_eq!(stopped.each_ref().map(|r| r.last_error.as_deref()), [Some("person"), Some("last")]);
    let again = take(&store.db, "w2").await.unwrap();
    assert_eq!((again.id, again.attempts), (jobs[5].id, 1), "given back: at once, and no try");
}

async fn a_claim_without_an_answer_is_given_back(store: TestStore) {
    for n in 0..3 {
        add(&store.db, &format!("801{n}")).await;
    }
    let known = take(&store.db, "w").await.unwrap();
    let _unanswered = take(&store.db, "w").await.unwrap();
    let others = take(&store.db, "other").await.unwrap();
    assert_eq!(queue::release(&store.db, "w", &[(known.id, known.epoch)]).await.unwrap(), 1);
    let again = take(&store.db, "w").await.unwrap();
    assert_eq!(again.attempts, 1);
    assert!(take(&store.db, "w").await.is_none());
    assert!(queue::finish(store.db.conn(), &known).await.unwrap().is_ok());
    assert!(queue::finish(store.db.conn(), &others).await.unwrap().is_ok());
    assert_eq!(queue::release(&store.db, "w", &[]).await.unwrap(), 1, "none held at all");
}

async fn a_lease_that_ends_frees_the_job_and_the_third_crash_parks_it(store: TestStore) {
    add(&store.db, "801A").await;
    for crash in 1..=3 {
        let job = match crash {
            3 => suspect(&store.db, "doomed", INSTANT).await.unwrap(),
            _ => claim(&store.db, "doomed", 1, INSTANT).await.pop().unwrap(),
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        let swept = queue::sweep(&store.db).await.unwrap();
        assert_eq!(swept, if crash < 3 { (1, 0) } else { (0, 1) });
        let row = state_of(&store.db, &job).await;
        assert_eq!((row.crashes, row.state.as_str()), (crash, if crash < 3 { "ready" } else { "parked" }));
    }
    assert!(take(&store.db, "next").await.is_none());
    assert!(suspect(&store.db, "next", LEASE).await.is_none());
}

async fn suspect(db: &Db, worker: &str, lease: Duration) -> Option<Job> {
    queue::claim_suspect(db, &Arc::from(worker), lease).await.unwrap()
}

async fn jobs_on_their_last_chance_are_claimed_one_at_a_time(store: TestStore) {
    for n in 0..3 {
        add(&store.db, &format!("801{n}")).await;
    }
    sql(&store.db, "UPDATE job SET crashes = 2 WHERE dedupe_key <> '8011'").await;
    assert_eq!(claim(&store.db, "w", 10, LEASE).await.len(), 1);
    let jobs = [suspect(&store.db, "w", LEASE).await.unwrap(), suspect(&store.db, "v", LEASE).await.unwrap()];
    assert_ne!(jobs[0].id, jobs[1].id);
    assert_eq!(jobs.map(|job| job.crashes), [2, 2]);
    assert!(suspect(&store.db, "w", LEASE).await.is_none());
}

async fn a_heartbeat_keeps_a_job_and_tells_of_lost_ones(store: TestStore) {
    for subject in ["801A", "801B", "801C"] {
        add(&store.db, subject).await;
    }
    let jobs = claim(&store.db, "w", 3, Duration::from_millis(300)).await;
    let held: Vec<_> = jobs.iter().map(|j| (j.id, j.epoch)).collect();
    assert_eq!(queue::heartbeat(&store.db, "w", &held, LEASE).await.unwrap().prolonged.len(), 3);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(queue::sweep(&store.db).await.unwrap(), (0, 0));
    queue::finish(store.db.conn(), &jobs[0]).await.unwrap().unwrap();
    end(&store.db, &jobs[1], Ended::GivenBack).await;
    let beat = queue::heartbeat(&store.db, "w", &held, LEASE).await.unwrap();
    assert_eq!(beat.prolonged, [jobs[2].id]);
    assert_eq!(beat.untouched, [jobs[0].id], "a job that was just finished is not lost");
    assert_eq!(queue::heartbeat(&store.db, "other", &held[1..], LEASE).await.unwrap(), queue::Beat::default());
    assert_eq!(queue::heartbeat(&store.db, "w", &[], LEASE).await.unwrap(), queue::Beat::default());
}

async fn a_heartbeat_does_not_wait_for_a_transaction(store: TestStore) {
    add(&store.db, "801A").await;
    add(&store.db, "801B").await;
    let jobs = claim(&store.db, "w", 2, LEASE).await;
    let held: Vec<_> = jobs.iter().map(|j| (j.id, j.epoch)).collect();
    let tx = store.db.begin().await.unwrap();
    queue::assert_held(&tx, &jobs[0]).await.unwrap().unwrap();
    if store.db.is_postgres() {
        let beat = tokio::time::timeout(Duration::from_secs(5), queue::heartbeat(&store.db, "w", &held, LEASE)).await;
        let beat = beat.expect("no wait").unwrap();
        assert_eq!((beat.prolonged, beat.untouched), (vec![jobs[1].id], vec![jobs[0].id]));
    }
    tx.commit().await.unwrap();
    assert_eq!(queue::heartbeat(&store.db, "w", &held, LEASE).await.unwrap().prolonged.len(), 2);
}

async fn waiting_does_not_use_up_tries_and_the_last_failed_try_is_dead(store: TestStore) {
    add(&store.db, "801A").await;
    let later = |after| Ended::Later { after, reason: "waits" };
    for _ in 0..5 {
        let job = take(&store.db, "w").await.unwrap();
        assert_eq!(job.attempts, 1);
        assert!(end(&store.db, &job, later(Duration::ZERO)).await.is_empty());
    }
    let mut job = take(&store.db, "w").await.unwrap();
    assert_eq!((job.attempts, job.waits), (1, 5));
    assert!(end(&store.db, &job, later(Duration::from_secs(30))).await.is_empty());
    assert!(take(&store.db, "w").await.is_none(), "not before its time");
    let row = state_of(&store.db, &job).await;
    let wait = row.run_at.millis() - store.db.now().await.unwrap().millis();
    assert!((25_000..=30_000).contains(&wait), "{wait}");

    add(&store.db, "801B").await;
    job = take(&store.db, "w").await.unwrap();
    job.attempts = job.max_attempts;
    assert!(end(&store.db, &job, Ended::Failed { reason: "unavailable" }).await.is_empty());
    let row = state_of(&store.db, &job).await;
    assert_eq!((row.state.as_str(), row.last_error.as_deref()), ("dead", Some("unavailable")));
}

async fn endless_waiting_ends(store: TestStore) {
    add(&store.db, "801A").await;
    sql(&store.db, "UPDATE job SET waits = 4999, max_attempts = 3").await;
    let later = Ended::Later { after: Duration::ZERO, reason: "waits" };
    for attempts in [1, 1, 2, 3] {
        let job = take(&store.db, "w").await.unwrap();
        assert_eq!(job.attempts, attempts, "the 5,001st wait is a try");
        end(&store.db, &job, later).await;
    }
    let dead = queue::list(&store.db, Some("dead"), 9).await.unwrap();
    assert_eq!((dead.len(), dead[0].last_error.as_deref()), (1, Some("waits")));
    assert!(platform::testing::put_back(&store.db, dead[0].id).await);
    assert_eq!(take(&store.db, "w").await.unwrap().waits, 0, "a person's retry counts waits anew");
}

async fn a_job_given_back_counts_no_try(store: TestStore) {
    add(&store.db, "801A").await;
    let job = take(&store.db, "stopping").await.unwrap();
    assert!(end(&store.db, &job, Ended::GivenBack).await.is_empty());
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
