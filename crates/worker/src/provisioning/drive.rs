//! The loop: what is recorded decides what comes next, and nothing is done that is not recorded.

use super::record::Recorder;
use super::steps::{self, Context, Looked, Outcome};
use crate::jobs::JobError;
use crate::state::WorkerState;
use domain::Timestamp;
use domain::orders::fulfilment::{Next, PlannedStep, StepState, next};
use platform::queue::{Ended, Job};
use platform::store::runs::{self, StepRow};
use platform::store::{accounts, orders};
use platform::{Owner, crash};
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// Works on a run until it is finished, stopped, or has to wait.
///
/// # Errors
/// When something could not be recorded: the attempt ends, the next one starts from what is recorded.
pub async fn drive(state: &WorkerState, job: &Job, salesforce_id: &str) -> Result<Ended, JobError> {
    let conn = state.db.conn();
    loop {
        if state.stopping.is_cancelled() {
            return Ok(Ended::GivenBack);
        }
        let order = orders::find_by_salesforce_id(conn, salesforce_id).await?.ok_or(JobError::NoSubject)?;
        let customer =
            accounts::customer(conn, Owner::for_system(order.customer_id)).await?.ok_or(JobError::NoSubject)?;
        let steps = runs::load(conn, order.id).await?;
        let recorder = Recorder { state, job, order: &order };
        let decision = next(&runs::run(&steps));
        let context = Context { state, job, order: &order, customer: &customer, steps: &steps };
        let wait = match decision {
            Next::Do(planned) => act(&context, &recorder, planned).await?,
            Next::Undo(planned) => undo(&context, &recorder, planned).await?,
            Next::Finished => return recorder.finished().await,
            Next::RolledBack => {
                steps::report_failed(&context).await;
                return recorder.rolled_back().await;
            }
            Next::AskHuman(planned) => {
                steps::report_failed(&context).await;
                return recorder.ask_human(planned, &steps).await;
            }
        };
        match wait {
            Flow::On => {}
            Flow::Later { after: None, reason } if job.attempts >= job.max_attempts => {
                steps::report_failed(&context).await;
                return recorder.gave_up(reason).await;
            }
            Flow::Later { after, reason } => {
                tracing::info!(order.id = %order.id, reason, "run waits");
                return Ok(after.map_or(Ended::Failed { reason }, |after| Ended::Later { after, reason }));
            }
        }
    }
}

/// Whether the run goes on now.
enum Flow {
    On,
    /// Not before `after`, which does not count as a try; `None` is a failed try with back-off.
    Later {
        after: Option<Duration>,
        reason: &'static str,
    },
}

async fn act(context: &Context<'_>, recorder: &Recorder<'_>, planned: PlannedStep) -> Result<Flow, JobError> {
    let Some(row) = context.steps.iter().find(|s| s.planned == planned) else { return Err(JobError::NoSubject) };
    if row.state == StepState::Intent
        && let Some(flow) = settle(context, recorder, row).await?
    {
        return Ok(flow);
    }
    // Measured from before the record, so that no write is sent after this and so never after the settle time.
    let begun = Instant::now();
    let deadline = begun + context.state.config.send_within;
    if planned.step.needs_intent() {
        context.state.sent.note(context.order.id, planned, begun, context.state.config.settle);
        recorder.intent(planned).await?;
    }
    crash::point(|| format!("{}/{}:call", planned.step, planned.item));
    let span =
        tracing::info_span!("step", order.id = %context.order.id, step = planned.step.name(), item = planned.item);
    let outcome = integrations::send_before(deadline, steps::perform(context, planned)).instrument(span).await;
    crash::point(|| format!("{}/{}:called", planned.step, planned.item));
    metrics::counter!("run_steps_total", "step" => planned.step.name(), "outcome" => outcome.name()).increment(1);
    match outcome {
        Outcome::Done(result) => recorder.done(planned, result).await?,
        Outcome::Refused(code) => recorder.ended(planned, StepState::Refused, code).await?,
        Outcome::Unclear(code) => recorder.ended(planned, StepState::Unclear, code).await?,
        Outcome::NotDone { after, reason } => {
            if planned.step.needs_intent() {
                recorder.ended(planned, StepState::Todo, reason).await?;
            }
            return Ok(Flow::Later { after, reason });
        }
        Outcome::Waiting { after } => return Ok(Flow::Later { after: Some(after), reason: "waiting" }),
        // The intent stays: the next attempt settles, looks, and then decides.
        Outcome::Unknown => {
            return Ok(Flow::Later { after: Some(context.state.config.settle), reason: "answer_unknown" });
        }
    }
    Ok(Flow::On)
}

/// A step found in *intent*: the call may have been carried out. Waits for the settle time, then looks twice. `None` means
/// that it certainly was not carried out and may be sent again.
async fn settle(context: &Context<'_>, recorder: &Recorder<'_>, row: &StepRow) -> Result<Option<Flow>, JobError> {
    if crash::is_blind() {
        return Ok(None);
    }
    let now = context.state.db.now().await?;
    let until = row.settle_until.unwrap_or(Timestamp(0));
    if now < until {
        let left = u64::try_from(until.millis() - now.millis()).unwrap_or(0);
        return Ok(Some(Flow::Later { after: Some(Duration::from_millis(left)), reason: "settling" }));
    }
    if let Some(left) = context.state.sent.left(context.order.id, row.planned, context.state.config.settle) {
        tracing::warn!(order.id = %context.order.id, "the clock says that the settle time is over, and it is not");
        return Ok(Some(Flow::Later { after: Some(left), reason: "settling" }));
    }
    for look in 0..2 {
        if look > 0 {
            tokio::time::sleep(context.state.config.look_gap).await;
        }
        match steps::look(context, row.planned).await {
            Looked::Found(result) => {
                tracing::info!(order.id = %context.order.id, step = row.planned.step.name(), "found what an earlier try had done");
                recorder.done(row.planned, result).await?;
                return Ok(Some(Flow::On));
            }
            Looked::Ambiguous(code) => {
                recorder.ended(row.planned, StepState::Unclear, code).await?;
                return Ok(Some(Flow::On));
            }
            Looked::Failed { after } => return Ok(Some(Flow::Later { after, reason: "look_up_failed" })),
            Looked::Nothing => {}
        }
    }
    Ok(None)
}

async fn undo(context: &Context<'_>, recorder: &Recorder<'_>, planned: PlannedStep) -> Result<Flow, JobError> {
    crash::point(|| format!("{}/{}:undo", planned.step, planned.item));
    let outcome = steps::undo(context, planned).await;
    crash::point(|| format!("{}/{}:undone", planned.step, planned.item));
    match outcome {
        Outcome::Done(_) => {
            recorder.ended(planned, StepState::Undone, "rolled_back").await?;
            Ok(Flow::On)
        }
        Outcome::Refused(code) | Outcome::Unclear(code) => {
            recorder.ended(planned, StepState::Unclear, code).await?;
            Ok(Flow::On)
        }
        Outcome::NotDone { after, reason } => Ok(Flow::Later { after, reason }),
        Outcome::Waiting { after } => Ok(Flow::Later { after: Some(after), reason: "waiting" }),
        // Undoing is repeatable: what is already gone counts as undone.
        Outcome::Unknown => Ok(Flow::Later { after: None, reason: "undo_unknown" }),
    }
}
