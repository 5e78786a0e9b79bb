//! What people do with stopped jobs and runs. Every act is one transaction with its fact in the log: who, why, before and
//! after. A job that has moved on meanwhile is left alone, and the caller is told how it stands.

use super::job::notify;
use crate::store::events::{self, DomainEvent};
use crate::store::orders::{self, Order};
use crate::store::runs::{self, StepRow};
use crate::store::staff::Staff;
use crate::store::{Db, StoreError, StoreResult, execute, now_sql, ops, query};
use domain::ops::{HandOutcome, JobAct, JobState, JobView, job_acts, may_settle};
use domain::orders::Stage;
use domain::orders::fulfilment::{Step, StepState};
use domain::{OrderId, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Value, json};
use uuid::Uuid;

/// Most jobs put back to work by one [`retry_dead`].
pub const MOST_RETRIED: u32 = 500;
/// The code of a step that a person has ended so that the run is taken back.
const DISCARDED: &str = "discarded";

/// Who acts, why, and as part of which request.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    pub staff: &'a Staff,
    /// Already checked by [`domain::ops::schema::reason`].
    pub reason: &'a str,
    pub request_id: Option<&'a str>,
    pub now: Timestamp,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    #[error("there is no such job")]
    NotFound,
    /// The job stands otherwise than the act needs, perhaps since a moment.
    #[error("the job is {}", .0.name())]
    Job(JobState),
    /// The order has come to its end.
    #[error("the order is {}", .0.name())]
    Order(Stage),
    /// Whether this step was carried out is not known, so nothing can be taken back.
    #[error("it is not known whether step {0} was carried out")]
    Undecided(Step),
}

/// The outer error is the database's own; the inner one says why nothing was done.
pub type Acted<T> = StoreResult<Result<T, NotDone>>;

/// Does an act on one stopped job and returns how the job stands then.
///
/// *Retry* and *resume* put it back to work with its tries counted anew. *Discard* gives it up: a run that has not reached
/// its pivot goes back to work once more, to take back what it has made, and its order is rejected; after the pivot the
/// order stays with a person until it is resumed or settled by hand.
///
/// # Errors
/// Only the database's own.
pub async fn act(db: &Db, id: Uuid, what: JobAct, by: By<'_>) -> Acted<JobView> {
    let tx = db.begin().await?;
    let Some(job) = ops::job(&tx, id).await? else { return Ok(Err(NotDone::NotFound)) };
    if let Err(refusal) = act_within(&tx, &job, what, by).await? {
        return Ok(Err(refusal));
    }
    let after = ops::job(&tx, id).await?.ok_or(StoreError::Unreadable("job"))?;
    tx.commit().await?;
    Ok(Ok(after))
}

/// Puts every dead job of a kind back to work, at most [`MOST_RETRIED`]; each has its own fact in the log.
///
/// # Errors
/// Only the database's own.
pub async fn retry_dead(db: &Db, kind: &str, by: By<'_>) -> StoreResult<u64> {
    let tx = db.begin().await?;
    let sql = "SELECT id FROM job WHERE state = 'dead' AND kind = $1 ORDER BY created_at, id LIMIT $2";
    let mut retried = 0;
    for row in query(&tx, sql, [kind.into(), i64::from(MOST_RETRIED).into()]).await? {
        // One that somebody else has taken meanwhile is not ours to count.
        if let Some(job) = ops::job(&tx, row.try_get("", "id")?).await?
            && act_within(&tx, &job, JobAct::Retry, by).await?.is_ok()
        {
            retried += 1;
        }
    }
    tx.commit().await?;
    Ok(retried)
}

async fn act_within(tx: &DatabaseTransaction, job: &JobView, what: JobAct, by: By<'_>) -> Acted<()> {
    let stage = job.order.as_ref().map(|o| o.stage);
    if !job_acts(job.state, stage).contains(&what) {
        return Ok(Err(NotDone::Job(job.state)));
    }
    let (kind, to) = match what {
        JobAct::Retry => ("job_retried", JobState::Ready),
        JobAct::Resume => ("job_resumed", JobState::Ready),
        JobAct::Discard => match discard_run(tx, job, by.now).await? {
            Ok(to) => ("job_discarded", to),
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    if let Err(refusal) = move_job(tx, job, to).await? {
        return Ok(Err(refusal));
    }
    let fact = json!({ "job": job.id, "job_kind": job.kind, "before": job.state.name(), "after": to.name() });
    record(tx, kind, job, fact, by).await?;
    Ok(Ok(()))
}

/// The change itself: only from the state that was seen, so that of two people one is told.
async fn move_job<C: ConnectionTrait>(tx: &C, job: &JobView, to: JobState) -> Acted<()> {
    let now = now_sql(tx);
    let set = match to {
        JobState::Ready => format!("run_at = {now}, attempts = 0, crashes = 0, finished_at = NULL"),
        JobState::Leased | JobState::Done | JobState::Dead | JobState::Parked | JobState::Discarded => {
            format!("finished_at = {now}")
        }
    };
    let sql = format!("UPDATE job SET state = $3, {set} WHERE id = $1 AND state = $2");
    let moved = execute(tx, &sql, [job.id.into(), job.state.name().into(), to.name().into()]).await?;
    if moved == 0 {
        let now = ops::job(tx, job.id).await?;
        return Ok(Err(now.map_or(NotDone::NotFound, |job| NotDone::Job(job.state))));
    }
    if to == JobState::Ready {
        notify(tx).await?;
    }
    Ok(Ok(()))
}

/// What giving up means for the order of a job; the state that the job goes to.
async fn discard_run(tx: &DatabaseTransaction, job: &JobView, now: Timestamp) -> Acted<JobState> {
    let Some(order) = order_of(tx, job).await? else { return Ok(Ok(JobState::Discarded)) };
    if order.stage.is_final() {
        return Ok(Ok(JobState::Discarded));
    }
    let steps = runs::load(tx, order.id).await?;
    if steps.is_empty() {
        // Nothing was begun, so nothing has to be taken back.
        orders::set_stage(tx, &order, Stage::Rejected, Some(now), now).await?;
        return Ok(Ok(JobState::Discarded));
    }
    if runs::run(&steps).past_pivot() {
        orders::set_stage(tx, &order, Stage::NeedsAttention, None, now).await?;
        runs::set_run_state(tx, order.id, "needs_attention", now).await?;
        return Ok(Ok(JobState::Discarded));
    }
    let open = |s: &&StepRow| s.planned.step.has_undo() && matches!(s.state, StepState::Intent | StepState::Unclear);
    if let Some(undecided) = steps.iter().find(open) {
        return Ok(Err(NotDone::Undecided(undecided.planned.step)));
    }
    ops::give_up(tx, order.id, DISCARDED, now).await?;
    runs::set_run_state(tx, order.id, "open", now).await?;
    // Not as one that waits for a person: that would open the run's steps again.
    orders::set_stage(tx, &order, Stage::Provisioning, None, now).await?;
    Ok(Ok(JobState::Ready))
}

/// Declares how an order stands that a person has put right in the other systems. Nothing is sent anywhere: the job is
/// done, the order active or rejected. Numbers and cards that were allotted stay so, because the carrier may know them.
///
/// # Errors
/// Only the database's own.
pub async fn settle(db: &Db, id: OrderId, outcome: HandOutcome, by: By<'_>) -> Acted<()> {
    let tx = db.begin().await?;
    let Some(job) = ops::job_of_order(&tx, id).await? else { return Ok(Err(NotDone::NotFound)) };
    let Some(order) = order_of(&tx, &job).await? else { return Ok(Err(NotDone::NotFound)) };
    if order.stage.is_final() {
        return Ok(Err(NotDone::Order(order.stage)));
    }
    if !may_settle(order.stage, Some(job.state)) {
        return Ok(Err(NotDone::Job(job.state)));
    }
    if let Err(refusal) = move_job(&tx, &job, JobState::Done).await? {
        return Ok(Err(refusal));
    }
    let stage = match outcome {
        HandOutcome::Active => Stage::Active,
        HandOutcome::Rejected => Stage::Rejected,
    };
    orders::set_stage(&tx, &order, stage, Some(by.now), by.now).await?;
    runs::set_run_state(&tx, order.id, "settled_by_hand", by.now).await?;
    let fact = json!({ "job": job.id, "outcome": outcome.name(), "before": order.stage.name(), "after": stage.name() });
    record(&tx, "run_settled_by_hand", &job, fact, by).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

async fn order_of<C: ConnectionTrait>(conn: &C, job: &JobView) -> StoreResult<Option<Order>> {
    match (&job.order, &job.subject) {
        (Some(_), Some(subject)) => orders::find_by_salesforce_id(conn, subject).await,
        _ => Ok(None),
    }
}

async fn record<C: ConnectionTrait>(conn: &C, kind: &str, job: &JobView, fact: Value, by: By<'_>) -> StoreResult<()> {
    let mut data = fact;
    data["reason"] = by.reason.trim().into();
    data["staff"] = by.staff.name().into();
    let owner = match order_of(conn, job).await? {
        Some(order) => Some(order.customer_id),
        None => None,
    };
    let event = DomainEvent {
        kind,
        customer_id: owner,
        order_id: job.order.as_ref().map(|o| o.id),
        user_id: by.staff.user_id(),
        request_id: by.request_id,
        data,
    };
    events::append(conn, event, by.now).await
}

/// A job in a list.
#[derive(Clone, Debug)]
pub struct JobRow {
    pub id: Uuid,
    pub kind: String,
    pub subject: Option<String>,
    pub state: String,
    pub attempts: i32,
    pub crashes: i32,
    pub run_at: Timestamp,
    /// A code.
    pub last_error: Option<String>,
}

/// Jobs in one state, or all that are not done; oldest first.
///
/// # Errors
/// Only the database's own.
pub async fn list(db: &Db, state: Option<&str>, limit: u32) -> StoreResult<Vec<JobRow>> {
    let sql = "SELECT id, kind, dedupe_key, state, attempts, crashes, run_at, last_error FROM job
               WHERE ($1 = '' AND state <> 'done') OR state = $1 ORDER BY created_at, id LIMIT $2";
    let rows = query(db.conn(), sql, [state.unwrap_or("").into(), i64::from(limit).into()]).await?;
    rows.iter()
        .map(|r| {
            Ok(JobRow {
                id: r.try_get("", "id")?,
                kind: r.try_get("", "kind")?,
                subject: r.try_get("", "dedupe_key")?,
                state: r.try_get("", "state")?,
                attempts: r.try_get("", "attempts")?,
                crashes: r.try_get("", "crashes")?,
                run_at: Timestamp(r.try_get("", "run_at")?),
                last_error: r.try_get("", "last_error")?,
            })
        })
        .collect()
}

/// Jobs by state, and the age in milliseconds of the oldest one that is due.
///
/// # Errors
/// Only the database's own.
pub async fn depth(db: &Db) -> StoreResult<(Vec<(String, i64)>, i64)> {
    let conn = db.conn();
    let rows = query(conn, "SELECT state, count(*) AS n FROM job GROUP BY state", []).await?;
    let by_state =
        rows.iter().map(|r| Ok((r.try_get("", "state")?, r.try_get("", "n")?))).collect::<StoreResult<_>>()?;
    let now = now_sql(conn);
    let sql =
        format!("SELECT COALESCE(max({now} - run_at), 0) AS age FROM job WHERE state = 'ready' AND run_at <= {now}");
    let rows = query(conn, &sql, []).await?;
    let age = rows.first().map(|r| r.try_get("", "age")).transpose()?.unwrap_or(0);
    Ok((by_state, age))
}
