//! What people do with stopped jobs and runs. Every act is one transaction with its fact in the log: who, why, before and
//! after. A job that has moved on meanwhile is left alone, and the caller is told how it stands.

use super::enqueue::notify;
use crate::bus::Bus;
use crate::change::{Cause, Change};
use crate::store::events::DomainEvent;
use crate::store::orders::{self, Fact, Order};
use crate::store::runs::{self, StepRecord, StepRow};
use crate::store::staff::Staff;
use crate::store::{Db, StoreError, StoreResult, execute, now_sql, ops, query, query_one};
use domain::ops::{HandOutcome, JobAct, JobState, JobView, job_acts, may_settle};
use domain::orders::Stage;
use domain::orders::fulfilment::{Step, StepState};
use domain::{OrderId, Timestamp};
use sea_orm::ConnectionTrait;
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

impl By<'_> {
    async fn begin(&self, db: &Db) -> StoreResult<Change> {
        let request_id = self.request_id.map(str::to_owned);
        Change::begin(db, Cause { person: self.staff.user_id(), request_id, now: self.now }).await
    }

    /// What every fact of an act holds.
    fn data(&self, mut data: Value) -> Value {
        data["reason"] = self.reason.trim().into();
        // Stays readable when the person has left.
        data["staff"] = self.staff.name().into();
        data
    }
}

/// Does an act on one stopped job and returns how the job stands then.
///
/// *Retry* and *resume* put it back to work with its tries counted anew. *Discard* gives it up: a run that has not reached
/// its pivot goes back to work once more, to take back what it has made, and its order is rejected; after the pivot the
/// order stays with a person until it is resumed or settled by hand.
///
/// # Errors
/// Only the database's own.
pub async fn act(db: &Db, bus: &Bus, id: Uuid, what: JobAct, by: By<'_>) -> Acted<JobView> {
    let mut change = by.begin(db).await?;
    let Some(job) = ops::job(change.conn(), id).await? else { return Ok(Err(NotDone::NotFound)) };
    if let Err(refusal) = act_within(&mut change, &job, what, by).await? {
        return Ok(Err(refusal));
    }
    let after = ops::job(change.conn(), id).await?.ok_or(StoreError::Unreadable("job"))?;
    change.commit(bus).await?;
    Ok(Ok(after))
}

/// Puts every dead job of a kind back to work, at most [`MOST_RETRIED`]; each has its own fact in the log.
///
/// # Errors
/// Only the database's own.
pub async fn retry_dead(db: &Db, bus: &Bus, kind: &str, by: By<'_>) -> StoreResult<u64> {
    let mut change = by.begin(db).await?;
    let sql = "SELECT id FROM job WHERE state = 'dead' AND kind = $1 ORDER BY created_at, id LIMIT $2";
    let mut retried = 0;
    for row in query(change.conn(), sql, [kind.into(), i64::from(MOST_RETRIED).into()]).await? {
        // One that somebody else has taken meanwhile is not ours to count.
        if let Some(job) = ops::job(change.conn(), row.try_get("", "id")?).await?
            && act_within(&mut change, &job, JobAct::Retry, by).await?.is_ok()
        {
            retried += 1;
        }
    }
    change.commit(bus).await?;
    Ok(retried)
}

async fn act_within(change: &mut Change, job: &JobView, what: JobAct, by: By<'_>) -> Acted<()> {
    let stage = job.order.as_ref().map(|o| o.stage);
    if !job_acts(job.state, stage).contains(&what) {
        return Ok(Err(NotDone::Job(job.state)));
    }
    let order = order_of(change.conn(), job).await?;
    let end = match (what, &order) {
        (JobAct::Retry | JobAct::Resume, _) => End::BackToWork,
        (JobAct::Discard, None) => End::OnlyJob,
        (JobAct::Discard, Some(order)) => match end_of(change, order).await? {
            Ok(end) => end,
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    let to = if matches!(end, End::BackToWork | End::TakenBack) { JobState::Ready } else { JobState::Discarded };
    // The job first, as the worker does it, so that the two never wait for each other.
    if let Err(refusal) = move_job(change.conn(), job, to).await? {
        return Ok(Err(refusal));
    }
    let kind = match what {
        JobAct::Retry => "job_retried",
        JobAct::Resume => "job_resumed",
        JobAct::Discard => "job_discarded",
    };
    let data = json!({ "job": job.id, "job_kind": job.kind, "before": job.state.name(), "after": to.name() });
    let fact = Fact { kind, data: by.data(data) };
    match (end, order) {
        (End::BackToWork | End::OnlyJob, order) => {
            let event = DomainEvent {
                kind: fact.kind,
                customer_id: order.as_ref().map(|o| o.customer_id),
                order_id: order.map(|o| o.id),
                data: fact.data,
                ..Default::default()
            };
            change.append(event).await?;
        }
        (_, None) => {}
        (End::Rejected, Some(order)) => {
            orders::move_to(change, &order, Stage::Rejected, Some(by.now), fact).await?;
        }
        (End::WithStaff, Some(order)) => {
            orders::move_to(change, &order, Stage::NeedsAttention, None, fact).await?;
            runs::set_run_state(change, &order, "needs_attention").await?;
        }
        (End::TakenBack, Some(order)) => {
            // Not as one that waits for a person: the worker would open the run's steps again.
            orders::move_to(change, &order, Stage::Provisioning, None, fact).await?;
            give_up(change, &order, job).await?;
            runs::set_run_state(change, &order, "open").await?;
        }
    }
    Ok(Ok(()))
}

/// What an act means for the order of a job.
enum End {
    BackToWork,
    /// There is no open order.
    OnlyJob,
    /// Nothing was begun, so nothing has to be taken back.
    Rejected,
    /// The customer owns something: the order stays with a person.
    WithStaff,
    /// The worker takes back what was made.
    TakenBack,
}

async fn end_of(change: &Change, order: &Order) -> Acted<End> {
    if order.stage.is_final() {
        return Ok(Ok(End::OnlyJob));
    }
    let steps = runs::load(change.conn(), order.id).await?;
    if steps.is_empty() {
        return Ok(Ok(End::Rejected));
    }
    if runs::run(&steps).past_pivot() {
        return Ok(Ok(End::WithStaff));
    }
    let open = |s: &&StepRow| s.planned.step.has_undo() && matches!(s.state, StepState::Intent | StepState::Unclear);
    Ok(match steps.iter().find(open) {
        Some(undecided) => Err(NotDone::Undecided(undecided.planned.step)),
        None => Ok(End::TakenBack),
    })
}

/// Ends a run that is to be taken back: the first step that is not done is refused, and so is each at which it stands. The
/// planner then undoes what was done, in reverse.
async fn give_up(change: &mut Change, order: &Order, job: &JobView) -> StoreResult<()> {
    let row = query_one(change.conn(), "SELECT epoch FROM job WHERE id = $1", [job.id.into()]).await?;
    let epoch: i64 = row.ok_or(StoreError::Unreadable("job"))?.try_get("", "epoch")?;
    let steps = runs::load(change.conn(), order.id).await?;
    let open = |s: &&StepRow| !matches!(s.state, StepState::Done | StepState::Undone);
    let first = steps.iter().find(open).map(|s| s.planned);
    for step in steps.iter().filter(|s| s.state == StepState::Unclear || Some(s.planned) == first) {
        let refused = StepRecord { state: StepState::Refused, result: None, error: Some(DISCARDED.to_owned()) };
        runs::record(change, order, step.planned, epoch, refused).await?;
    }
    Ok(())
}

/// Declares how an order stands that a person has put right in the other systems. Nothing is sent anywhere: the job is
/// done, the order active or rejected. Numbers and cards that were allotted stay so, because the carrier may know them.
///
/// # Errors
/// Only the database's own.
pub async fn settle(db: &Db, bus: &Bus, id: OrderId, outcome: HandOutcome, by: By<'_>) -> Acted<()> {
    let mut change = by.begin(db).await?;
    let Some(job) = ops::job_of_order(change.conn(), id).await? else { return Ok(Err(NotDone::NotFound)) };
    let Some(order) = order_of(change.conn(), &job).await? else { return Ok(Err(NotDone::NotFound)) };
    if order.stage.is_final() {
        return Ok(Err(NotDone::Order(order.stage)));
    }
    if !may_settle(order.stage, Some(job.state)) {
        return Ok(Err(NotDone::Job(job.state)));
    }
    if let Err(refusal) = move_job(change.conn(), &job, JobState::Done).await? {
        return Ok(Err(refusal));
    }
    let stage = match outcome {
        HandOutcome::Active => Stage::Active,
        HandOutcome::Rejected => Stage::Rejected,
    };
    let data = json!({ "job": job.id, "outcome": outcome.name(), "before": order.stage.name(), "after": stage.name() });
    let fact = Fact { kind: "run_settled_by_hand", data: by.data(data) };
    orders::move_to(&mut change, &order, stage, Some(by.now), fact).await?;
    if !runs::load(change.conn(), order.id).await?.is_empty() {
        runs::set_run_state(&mut change, &order, "settled_by_hand").await?;
    }
    change.commit(bus).await?;
    Ok(Ok(()))
}

/// The change of the job itself: only from the state that was seen, so that of two people one is told.
async fn move_job<C: ConnectionTrait>(tx: &C, job: &JobView, to: JobState) -> Acted<()> {
    let now = now_sql(tx);
    let set = match to {
        JobState::Ready => format!("run_at = {now}, attempts = 0, crashes = 0, waits = 0, finished_at = NULL"),
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

async fn order_of<C: ConnectionTrait>(conn: &C, job: &JobView) -> StoreResult<Option<Order>> {
    match (&job.order, &job.subject) {
        (Some(_), Some(subject)) => orders::find_by_salesforce_id(conn, subject).await,
        _ => Ok(None),
    }
}
