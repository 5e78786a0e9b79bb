//! What staff see and do; and that nobody else does.

use crate::browser::{Answer, Browser};
use crate::harness::{TestPortal, on_both};
use domain::auth::Me;
use domain::common::page::Page;
use domain::ops::contract::{Actor, Retried};
use domain::ops::{AuditEntry, DriftView, JobState, JobView, Overview, RunDetail, RunSummary, concerns};
use domain::orders::fulfilment::{PlannedStep, Step, StepState, plan};
use domain::orders::{OrderDetail, Stage};
use domain::webhooks::{BillingChange, BillingNotice, BillingSubject};
use domain::{ErrorCode, OrderId};
use platform::clock::new_id;
use platform::queue::{self, Job, NewJob, Work};
use platform::store::drift::{self, DriftKind};
use platform::store::orders::Fact;
use platform::store::runs::{self, StepRecord};
use platform::store::staff::Staff;
use platform::store::{health, history, orders, staff};
use platform::{Cause, Change, Owner};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_both! {
    nobody_but_staff_sees_anything
    a_role_that_was_taken_away_ends_at_once
    a_parked_run_is_read_and_resumed_with_a_reason
    of_two_people_who_act_one_is_told
    a_run_before_its_pivot_is_taken_back_when_it_is_given_up
    a_run_after_its_pivot_stays_with_staff_until_it_is_settled_by_hand
    a_run_whose_last_call_is_open_is_not_given_up
    every_dead_job_of_a_kind_goes_back_to_work
    lists_take_filters_and_refuse_nonsense
    the_overview_shows_how_everything_stands
}

const READS: [&str; 5] = ["/api/ops/overview", "/api/ops/runs", "/api/ops/jobs", "/api/ops/drift", "/api/ops/audit"];

/// A run that stopped: the steps before `stopped` are done, that one is in `state`, the job is parked.
async fn parked(portal: &TestPortal, stopped: Step, state: StepState) -> (OrderId, Uuid) {
    let customer = portal.customer().await;
    let answer = customer.order(&new_id().to_string(), &portal.sim_order().await).await;
    let placed: OrderDetail = answer.json();
    let me: Me = customer.get("/api/auth/me").await.json();
    let conn = portal.db.conn();
    let order = orders::find(conn, Owner::for_system(me.customer_id.unwrap()), placed.id).await.unwrap().unwrap();
    let job = held(portal, Work::Provision { salesforce_order_id: order.salesforce_order_id.clone() }).await;
    let (now, steps) = (portal.clock.now(), plan(&order.content.kinds()));
    let mut change = Change::begin(&portal.db, Cause { person: None, request_id: None, now }).await.unwrap();
    let fact = |kind| Fact { kind, data: json!({}) };
    orders::move_to(&mut change, &order, Stage::NeedsAttention, Some(now), fact("order_needs_attention"))
        .await
        .unwrap();
    runs::open(&mut change, &order, &steps).await.unwrap();
    for planned in steps.into_iter().take_while(|p| p.step != stopped) {
        let result = (planned.step == Step::AddBillingOrder).then(|| json!({ "whmcs_order_id": 77 }));
        let done = StepRecord { state: StepState::Done, result, error: None };
        runs::record(&mut change, &order, planned, job.epoch, done).await.unwrap();
    }
    let item = if matches!(stopped, Step::OpenLine | Step::AwaitLine | Step::ReserveLine) { 1 } else { 0 };
    let at = PlannedStep { step: stopped, item };
    let record = StepRecord { state, result: None, error: Some("answer_not_understood".to_owned()) };
    runs::record(&mut change, &order, at, job.epoch, record).await.unwrap();
    runs::set_run_state(&mut change, &order, "needs_attention").await.unwrap();
    queue::park(change.conn(), &job, "needs_attention").await.unwrap().unwrap();
    change.commit(&portal.bus).await.unwrap();
    (order.id, job.id)
}

async fn held(portal: &TestPortal, work: Work) -> Job {
    // What the customer's sign-up has left for a worker is done.
    let conn = portal.db.conn();
    let rest = "UPDATE job SET state = 'done' WHERE state = 'ready' AND kind IN ('send_mail', 'open_customer')";
    sea_orm::ConnectionTrait::execute_unprepared(conn, rest).await.unwrap();
    let request_id = Some("from-the-customer".to_owned());
    assert!(queue::enqueue(portal.db.conn(), NewJob { work, request_id }).await.unwrap());
    queue::claim(&portal.db, &"test".into(), 1, Duration::from_secs(60)).await.unwrap().pop().unwrap()
}

async fn dead(portal: &TestPortal) -> Uuid {
    let notice = BillingNotice { change: BillingChange::Payment, subject: BillingSubject::Client(1) };
    let mut job = held(portal, Work::RelayBilling { event_id: new_id(), notice }).await;
    job.attempts = job.max_attempts;
    queue::end(portal.db.conn(), &job, queue::Ended::Failed { reason: "unavailable" }).await.unwrap().unwrap();
    job.id
}

async fn act(who: &Browser, job: Uuid, what: &str) -> Answer {
    who.post(&format!("/api/ops/jobs/{job}/{what}"), &json!({ "reason": "The carrier has answered again." })).await
}

async fn run_of(who: &Browser, order: OrderId) -> RunDetail {
    who.get(&format!("/api/ops/runs/{order}")).await.json()
}

/// Every act is a fact: the log alone gives the orders' tables back.
async fn the_log_is_complete(portal: &TestPortal) {
    let differences = history::differences(portal.db.conn()).await.unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

async fn log(who: &Browser, kind: &str) -> Vec<AuditEntry> {
    who.get(&format!("/api/ops/audit?kind={kind}")).await.json::<Page<AuditEntry>>().items
}

async fn nobody_but_staff_sees_anything(portal: &TestPortal) {
    let (order, job) = parked(portal, Step::OpenLine, StepState::Refused).await;
    let (stranger, customer, staff) = (portal.browser(), portal.customer().await, portal.staff().await);
    let run = format!("/api/ops/runs/{order}");
    for path in READS.into_iter().chain([run.as_str()]) {
        stranger.get(path).await.problem(ErrorCode::SignInNeeded);
        customer.get(path).await.problem(ErrorCode::NotFound);
        assert_eq!(staff.get(path).await.status, 200, "{path}");
    }
    let (retry, settle) = (format!("/api/ops/jobs/{job}/resume"), format!("{run}/settle"));
    for (path, body) in [
        (retry.as_str(), json!({ "reason": "because" })),
        (settle.as_str(), json!({ "reason": "because", "outcome": "active" })),
        ("/api/ops/jobs/retry-dead", json!({ "reason": "because", "kind": "provision" })),
    ] {
        stranger.post(path, &body).await.problem(ErrorCode::SignInNeeded);
        customer.post(path, &body).await.problem(ErrorCode::NotFound);
    }
    assert_eq!(run_of(&staff, order).await.order.stage, Stage::NeedsAttention, "nobody has acted");
    let me: Me = customer.get("/api/auth/me").await.json();
    assert!(!me.staff && me.customer_id.is_some());
    let me: Me = staff.get("/api/auth/me").await.json();
    assert_eq!((me.staff, me.customer_id, me.customer_number), (true, None, None));
    for path in ["/api/orders", "/api/subscriptions"] {
        staff.get(path).await.problem(ErrorCode::NoCustomerAccount);
    }
    staff.post("/api/live/ticket", &json!({})).await.problem(ErrorCode::NoCustomerAccount);
    let body: Value = staff.get(&run).await.json();
    for private in ["mika", "@example.com", "Yamaneko", "Chiyoda", "03-0000"] {
        assert!(!body.to_string().contains(private), "{private} is nobody's business here: {body}");
    }
}

async fn a_role_that_was_taken_away_ends_at_once(portal: &TestPortal) {
    let mut who = portal.staff().await;
    let me: Me = who.get("/api/auth/me").await.json();
    assert_eq!(who.refresh_and_keep().await.me, me, "a session without an account goes on");
    assert_eq!(who.get(READS[0]).await.status, 200);
    assert!(staff::revoke(portal.db.conn(), me.user_id).await.unwrap());
    who.get(READS[0]).await.problem(ErrorCode::NotFound);
    who.get("/api/auth/me").await.problem(ErrorCode::SignInNeeded);
    let again = json!({ "email": me.email.reveal(), "password": crate::harness::PASSWORD });
    who.post("/api/auth/login", &again).await.problem(ErrorCode::CredentialsWrong);
    // A customer may be one of the staff and stays a customer afterwards.
    let both = portal.customer().await;
    let me: Me = both.get("/api/auth/me").await.json();
    let console = Staff::at_the_console();
    assert!(staff::grant(portal.db.conn(), me.user_id, "Ren", &console, portal.clock.now()).await.unwrap());
    for path in [READS[0], "/api/orders"] {
        assert_eq!(both.get(path).await.status, 200, "{path}");
    }
    assert!(both.get("/api/auth/me").await.json::<Me>().staff);
}

async fn a_parked_run_is_read_and_resumed_with_a_reason(portal: &TestPortal) {
    let (order, job) = parked(portal, Step::OpenLine, StepState::Refused).await;
    let who = portal.staff().await;
    let list: Page<RunSummary> = who.get("/api/ops/runs?stage=needs_attention").await.json();
    let row = &list.items[0];
    assert_eq!((list.total, row.order.id, row.done, row.steps), (1, order, 5, 8));
    let at = row.at.as_ref().unwrap();
    assert_eq!((at.step.as_str(), at.item, at.state.as_str()), ("open_line", 1, "refused"));
    assert_eq!(at.error.as_deref(), Some("answer_not_understood"));
    let run = run_of(&who, order).await;
    assert_eq!(run.steps.len(), 8);
    assert!(run.past_pivot && run.whmcs_order_id == Some(77));
    assert_eq!(run.steps[2].marker, Some(format!("sfo-{}-1", run.order.number)));
    assert_eq!(run.job.as_ref().map(|j| (j.id, j.state)), Some((job, JobState::Parked)));
    let placed = run.events.last().unwrap();
    assert_eq!(placed.kind, "order_placed");
    assert!(
        matches!(&placed.actor, Actor::Customer { customer_number } if *customer_number == run.order.customer_number)
    );
    assert!(placed.request_id.is_some());

    let path = format!("/api/ops/jobs/{job}/resume");
    for bad in [json!({}), json!({ "reason": "  x " }), json!({ "reason": "x".repeat(501) })] {
        let problem = who.post(&path, &bad).await.problem(ErrorCode::Invalid);
        assert_eq!(problem.errors[0].pointer, "#/reason");
    }
    assert_eq!(log(&who, "job_resumed").await.len(), 0, "nothing was done without a reason");
    act(&who, job, "retry").await.problem(ErrorCode::JobStateChanged);
    let answer = act(&who, job, "resume").await;
    let resumed: JobView = answer.json();
    assert_eq!((resumed.state, resumed.attempts, resumed.order.unwrap().id), (JobState::Ready, 0, order));
    let facts = log(&who, "job_resumed").await;
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].actor, Actor::Staff { name: "Aoi".to_owned() });
    assert_eq!(facts[0].request_id.as_deref(), Some(answer.header("x-request-id")));
    assert_eq!(facts[0].order_id, Some(order));
    for (member, value) in [("reason", "The carrier has answered again."), ("before", "parked"), ("after", "ready")] {
        assert_eq!(facts[0].data[member], value);
    }
    assert_eq!(run_of(&who, order).await.events[0].kind, "job_resumed", "the timeline shows it");
}

async fn of_two_people_who_act_one_is_told(portal: &TestPortal) {
    let (_, job) = parked(portal, Step::OpenLine, StepState::Refused).await;
    let (one, other) = (portal.staff().await, portal.staff().await);
    let (a, b) = tokio::join!(act(&one, job, "resume"), act(&other, job, "resume"));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let late = if a.status == 409 { a } else { b };
    let problem = late.problem(ErrorCode::JobStateChanged);
    assert_eq!((problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()), ("#/state", "ready"));
    assert_eq!(log(&one, "job_resumed").await.len(), 1, "one act, one fact");
    act(&one, new_id(), "resume").await.problem(ErrorCode::NotFound);
}

async fn a_run_before_its_pivot_is_taken_back_when_it_is_given_up(portal: &TestPortal) {
    let (order, job) = parked(portal, Step::AcceptBillingOrder, StepState::Refused).await;
    let who = portal.staff().await;
    let given_up: JobView = act(&who, job, "discard").await.json();
    assert_eq!(given_up.state, JobState::Ready, "the worker takes everything back");
    let run = run_of(&who, order).await;
    assert_eq!(run.order.stage, Stage::Provisioning);
    let steps = runs::load(portal.db.conn(), order).await.unwrap();
    let next = domain::orders::fulfilment::next(&runs::run(&steps));
    let undo = PlannedStep { step: Step::AddBillingOrder, item: 0 };
    assert_eq!(next, domain::orders::fulfilment::Next::Undo(undo), "the billing order first");
    assert_eq!(log(&who, "job_discarded").await[0].data["before"], "parked");
    the_log_is_complete(portal).await;
}

async fn a_run_after_its_pivot_stays_with_staff_until_it_is_settled_by_hand(portal: &TestPortal) {
    let (order, job) = parked(portal, Step::OpenLine, StepState::Unclear).await;
    let who = portal.staff().await;
    let given_up: JobView = act(&who, job, "discard").await.json();
    assert_eq!(given_up.state, JobState::Discarded);
    assert_eq!(run_of(&who, order).await.order.stage, Stage::NeedsAttention);
    let kept: Page<JobView> = who.get("/api/ops/jobs?state=discarded").await.json();
    assert_eq!(kept.items.len(), 1, "kept for ever");
    let resumed: JobView = act(&who, job, "resume").await.json();
    assert_eq!(resumed.state, JobState::Ready, "its order is still open");
    let path = format!("/api/ops/runs/{order}/settle");
    let body = json!({ "reason": "The line was opened at the carrier's desk.", "outcome": "active" });
    let problem = who.post(&path, &body).await.problem(ErrorCode::JobStateChanged);
    assert_eq!(problem.errors[0].code, "ready", "not while a worker may be at it");
    let held = queue::claim(&portal.db, &"test".into(), 1, Duration::from_secs(60)).await.unwrap().pop().unwrap();
    queue::park(portal.db.conn(), &held, "needs_attention").await.unwrap().unwrap();
    who.post(&path, &json!({ "outcome": "active" })).await.problem(ErrorCode::Invalid);
    let run: RunDetail = who.post(&path, &body).await.json();
    assert_eq!((run.order.stage, run.state.as_str()), (Stage::Active, "settled_by_hand"));
    assert_eq!(run.job.unwrap().state, JobState::Done);
    let fact = run.events.iter().find(|e| e.kind == "run_settled_by_hand").unwrap();
    assert_eq!((&fact.data["before"], &fact.data["after"]), (&json!("needs_attention"), &json!("active")));
    let problem = who.post(&path, &body).await.problem(ErrorCode::JobStateChanged);
    assert_eq!((problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()), ("#/stage", "active"));
    the_log_is_complete(portal).await;
}

async fn a_run_whose_last_call_is_open_is_not_given_up(portal: &TestPortal) {
    let (order, job) = parked(portal, Step::AddBillingOrder, StepState::Unclear).await;
    let who = portal.staff().await;
    let problem = act(&who, job, "discard").await.problem(ErrorCode::RunUndecided);
    assert_eq!(problem.errors[0].code, "add_billing_order");
    assert_eq!(run_of(&who, order).await.job.unwrap().state, JobState::Parked, "nothing has moved");
    assert_eq!(log(&who, "job_discarded").await.len(), 0);
    let body = json!({ "reason": "Both billing orders were cancelled by hand.", "outcome": "rejected" });
    let run: RunDetail = who.post(&format!("/api/ops/runs/{order}/settle"), &body).await.json();
    assert_eq!(run.order.stage, Stage::Rejected);
}

async fn every_dead_job_of_a_kind_goes_back_to_work(portal: &TestPortal) {
    for _ in 0..3 {
        dead(portal).await;
    }
    let (_, other) = parked(portal, Step::OpenLine, StepState::Refused).await;
    let who = portal.staff().await;
    let body = json!({ "kind": "relay_billing", "reason": "Billing is back." });
    let retried: Retried = who.post("/api/ops/jobs/retry-dead", &body).await.json();
    assert_eq!(retried.jobs, 3);
    assert_eq!(who.post("/api/ops/jobs/retry-dead", &body).await.json::<Retried>().jobs, 0);
    assert_eq!(log(&who, "job_retried").await.len(), 3, "each has its own fact");
    let ready: Page<JobView> = who.get("/api/ops/jobs?state=ready").await.json();
    assert_eq!(ready.total, 3);
    let parked: Page<JobView> = who.get("/api/ops/jobs?state=parked").await.json();
    assert_eq!(parked.items.iter().map(|j| j.id).collect::<Vec<_>>(), [other], "another kind is left alone");
    who.post("/api/ops/jobs/retry-dead", &json!({ "kind": "relay_billing" })).await.problem(ErrorCode::Invalid);
}

async fn lists_take_filters_and_refuse_nonsense(portal: &TestPortal) {
    let (order, _) = parked(portal, Step::OpenLine, StepState::Refused).await;
    parked(portal, Step::ReserveLine, StepState::Refused).await;
    let who = portal.staff().await;
    let number = run_of(&who, order).await.order.number;
    let found: Page<RunSummary> = who.get(&format!("/api/ops/runs?order={number}")).await.json();
    assert_eq!((found.total, found.items[0].order.id), (1, order));
    assert_eq!(who.get("/api/ops/runs").await.json::<Page<RunSummary>>().total, 2);
    assert_eq!(who.get("/api/ops/runs?stage=active&order=").await.json::<Page<RunSummary>>().total, 0);
    let beyond: Page<RunSummary> = who.get("/api/ops/runs?page=2").await.json();
    assert_eq!((beyond.items.len(), beyond.total), (0, 2));
    let of_order: Page<AuditEntry> = who.get(&format!("/api/ops/audit?order={number}")).await.json();
    assert!(!of_order.items.is_empty() && of_order.items.iter().all(|e| e.order_id == Some(order)));
    let me: Me = who.get("/api/auth/me").await.json();
    let mine: Page<AuditEntry> = who.get(&format!("/api/ops/audit?person={}", me.user_id)).await.json();
    assert_eq!(mine.items.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["signed_in"]);
    for bad in
        ["runs?stage=lost", "runs?order=1%25", "jobs?state=asleep", "audit?person=me", "audit?page=201", "jobs?page=0"]
    {
        who.get(&format!("/api/ops/{bad}")).await.problem(ErrorCode::Invalid);
    }
    who.get("/api/ops/runs?page=two").await.problem(ErrorCode::Unreadable);
    who.get("/api/ops/runs/not-an-id").await.problem(ErrorCode::NotFound);
    who.get(&format!("/api/ops/runs/{}", new_id())).await.problem(ErrorCode::NotFound);
}

async fn the_overview_shows_how_everything_stands(portal: &TestPortal) {
    parked(portal, Step::OpenLine, StepState::Refused).await;
    dead(portal).await;
    let seen = health::Seen {
        provider: "whmcs",
        breaker: "open",
        calls: 9,
        failed: 9,
        denied: 0,
        p50_ms: Some(40),
        p99_ms: Some(900),
    };
    let now = portal.clock.now();
    health::write(&portal.db, "worker-1", std::slice::from_ref(&seen), now).await.unwrap();
    health::write(&portal.db, "gone", &[seen], now.plus_seconds(-60)).await.unwrap();
    let conn = portal.db.conn();
    let topic = "/event/T__e";
    platform::store::leases::hold(conn, "subscriber", "worker-1", Duration::from_secs(60)).await.unwrap();
    platform::store::cursors::set_stream(conn, topic, "worker-1", Some("interrupted"), now).await.unwrap();
    platform::store::cursors::store_replay_id(conn, topic, &[1], now.plus_seconds(-90)).await.unwrap();
    for (kind, subject) in [(DriftKind::ApprovedWithoutRow, "801A"), (DriftKind::MissedApproval, "801B")] {
        drift::record(conn, kind, subject, json!({ "number": "00000042" }), now.plus_seconds(-60)).await.unwrap();
    }
    drift::resolve_unseen(conn, DriftKind::MissedApproval, now).await.unwrap();
    let who = portal.staff().await;
    let all: Page<DriftView> = who.get("/api/ops/drift").await.json();
    let seen: Vec<_> = all.items.iter().map(|d| (d.kind.as_str(), d.mends_itself, d.resolved_at.is_some())).collect();
    assert_eq!(seen, [("approved_without_row", false, false), ("missed_approval", true, true)]);
    assert_eq!(all.items[0].order_number.as_deref(), Some("00000042"));
    assert_eq!(who.get("/api/ops/drift?open=true").await.json::<Page<DriftView>>().total, 1);
    let overview: Overview = who.get(READS[0]).await.json();
    let stopped = overview.queue.iter().filter(|k| k.dead + k.parked > 0);
    let kinds: Vec<_> = stopped.map(|k| (k.kind.as_str(), k.dead, k.parked)).collect();
    assert_eq!(kinds, [("provision", 0, 1), ("relay_billing", 1, 0)]);
    let stale: Vec<_> = overview.upstreams.iter().map(|u| (u.process.as_str(), u.stale)).collect();
    assert_eq!(stale, [("gone", true), ("worker-1", false)]);
    assert!(overview.subscriber.leaders[0].alive);
    assert!((90..120).contains(&overview.subscriber.cursor_age_seconds.unwrap()));
    let stream = overview.subscriber.stream.as_ref().unwrap();
    assert_eq!((stream.connected, stream.error.as_deref()), (false, Some("interrupted")));
    let alerts: Vec<_> = concerns(&overview).iter().map(domain::ops::Concern::alert).collect();
    assert_eq!(
        alerts,
        [
            "PortalEventStreamDown",
            "PortalUpstreamHeldBack",
            "PortalOrdersNeedAttention",
            "PortalJobsParked",
            "PortalJobsDead",
            "PortalDrift",
            "PortalStockLow",
            "PortalStockLow"
        ]
    );
}
