//! Writes what happened, each time in one transaction that first proves that the job is still ours.

use crate::jobs::JobError;
use crate::jobs::provision::cause;
use crate::state::WorkerState;
use domain::orders::Stage;
use domain::orders::fulfilment::{PlannedStep, StepState};
use platform::queue::{self, Ended, Job};
use platform::store::events;
use platform::store::orders::{self, Fact, Order};
use platform::store::runs::{self, StepRecord, StepRow};
use platform::{Change, crash};
use serde_json::json;

/// Records for one order under one held job.
pub struct Recorder<'a> {
    pub state: &'a WorkerState,
    pub job: &'a Job,
    pub order: &'a Order,
}

impl Recorder<'_> {
    async fn begin(&self) -> Result<Change, JobError> {
        let change = Change::begin(&self.state.db, cause(self.state, self.job)).await?;
        queue::assert_held(change.conn(), self.job).await??;
        Ok(change)
    }

    /// Commits, with a place for a crash on either side.
    async fn commit(&self, change: Change, of: PlannedStep, what: &str) -> Result<(), JobError> {
        crash::point(|| format!("{}/{}:{what}_written", of.step, of.item));
        change.commit(&self.state.bus).await?;
        crash::point(|| format!("{}/{}:{what}_committed", of.step, of.item));
        Ok(())
    }

    /// A call is about to be sent. Whoever finds this later waits until the settle time is over, by the database's clock:
    /// the clocks of two machines may differ.
    pub async fn intent(&self, planned: PlannedStep) -> Result<(), JobError> {
        let settle = i64::try_from(self.state.config.settle.as_millis()).unwrap_or(i64::MAX);
        let mut change = self.begin().await?;
        let now = self.state.db.now_in(change.conn()).await?;
        runs::record_intent(&mut change, self.order, planned, self.job.epoch, now, now.plus_millis(settle)).await?;
        self.commit(change, planned, "intent").await
    }

    pub async fn done(&self, planned: PlannedStep, result: Option<serde_json::Value>) -> Result<(), JobError> {
        self.step(planned, StepRecord { state: StepState::Done, result, error: None }).await
    }

    /// Any end but success, with a code.
    pub async fn ended(&self, planned: PlannedStep, state: StepState, code: &'static str) -> Result<(), JobError> {
        if matches!(state, StepState::Refused | StepState::Unclear) {
            tracing::warn!(order.id = %self.order.id, step = planned.step.name(), code, "step ended without success");
        }
        self.step(planned, StepRecord { state, result: None, error: Some(code.to_owned()) }).await
    }

    async fn step(&self, planned: PlannedStep, record: StepRecord) -> Result<(), JobError> {
        let what = if record.state == StepState::Undone { "undo" } else { "outcome" };
        let mut change = self.begin().await?;
        runs::record(&mut change, self.order, planned, self.job.epoch, record).await?;
        queue::progressed(change.conn(), self.job).await?;
        self.commit(change, planned, what).await
    }

    /// The run stands still or is over: order, run and job in one transaction.
    async fn end(&self, stage: Stage, run: &'static str, fact: Fact<'_>, job: Ended) -> Result<Ended, JobError> {
        let mut change = self.begin().await?;
        orders::move_to(&mut change, self.order, stage, None, fact).await?;
        runs::set_run_state(&mut change, self.order, run).await?;
        queue::end(change.conn(), self.job, job).await??;
        crash::point(|| "end:written".to_owned());
        change.commit(&self.state.bus).await?;
        crash::point(|| "end:committed".to_owned());
        Ok(Ended::Recorded)
    }

    /// Everything works.
    pub async fn finished(&self) -> Result<Ended, JobError> {
        let ended = self.end(Stage::Active, "finished", Fact::new(events::ORDER_ACTIVE), Ended::Done).await?;
        tracing::info!(order.id = %self.order.id, "order is active");
        Ok(ended)
    }

    /// Refused before the customer owned anything; all is taken back.
    pub async fn rolled_back(&self) -> Result<Ended, JobError> {
        self.end(Stage::Rejected, "rolled_back", Fact::new("order_rolled_back"), Ended::Done).await
    }

    /// A person must decide.
    pub async fn ask_human(&self, planned: PlannedStep, steps: &[StepRow]) -> Result<Ended, JobError> {
        let tries = steps.iter().find(|s| s.planned == planned).map_or(0, |s| s.attempt);
        tracing::error!(order.id = %self.order.id, step = planned.step.name(), "run needs a person");
        let data = json!({ "step": planned.step.name(), "item": planned.item, "tries": tries });
        let fact = Fact { kind: "order_needs_attention", data };
        self.end(Stage::NeedsAttention, "needs_attention", fact, Ended::Parked { reason: "needs_attention" }).await
    }

    /// The tries are used up: the job is dead, and the customer is told that a person looks at the order.
    pub async fn gave_up(&self, reason: &'static str) -> Result<Ended, JobError> {
        tracing::error!(order.id = %self.order.id, reason, "run gave up after its last try");
        let fact =
            Fact { kind: "order_needs_attention", data: json!({ "reason": reason, "tries": self.job.attempts }) };
        self.end(Stage::NeedsAttention, "gave_up", fact, Ended::Failed { reason }).await
    }
}
