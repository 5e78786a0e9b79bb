//! Writes what happened, each time in one transaction that first proves that the job is still ours.

use crate::jobs::JobError;
use crate::state::WorkerState;
use domain::Timestamp;
use domain::live::ServerMessage;
use domain::orders::Stage;
use domain::orders::fulfilment::{PlannedStep, StepState};
use platform::queue::{self, Ended, Job};
use platform::store::orders::Order;
use platform::store::runs::{self, StepRecord, StepRow};
use platform::store::{events, orders};
use sea_orm::DatabaseTransaction;
use serde_json::json;

/// Records for one order under one held job.
pub struct Recorder<'a> {
    pub state: &'a WorkerState,
    pub job: &'a Job,
    pub order: &'a Order,
}

impl Recorder<'_> {
    async fn begin(&self) -> Result<(DatabaseTransaction, Timestamp), JobError> {
        let tx = self.state.db.begin().await?;
        queue::assert_held(&tx, self.job).await??;
        Ok((tx, self.state.clock.now()))
    }

    async fn tell(&self) {
        let message = ServerMessage::OrderChanged { order_id: self.order.id };
        self.state.bus.send_customer(self.order.customer_id, message).await;
    }

    /// A call is about to be sent.
    pub async fn intent(&self, planned: PlannedStep) -> Result<(), JobError> {
        let (tx, now) = self.begin().await?;
        let settle = i64::try_from(self.state.config.settle.as_millis()).unwrap_or(i64::MAX);
        runs::record_intent(&tx, self.order.id, planned, self.job.epoch, now.plus_millis(settle), now).await?;
        tx.commit().await?;
        Ok(())
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
        let (tx, now) = self.begin().await?;
        let fact = json!({ "step": planned.step.name(), "item": planned.item, "state": record.state.name(), "code": record.error });
        runs::record(&tx, self.order.id, planned, self.job.epoch, record, now).await?;
        orders::touch(&tx, self.order.id, now).await?;
        self.append(&tx, "run_step_recorded", fact, now).await?;
        tx.commit().await?;
        self.tell().await;
        Ok(())
    }

    async fn append(
        &self,
        tx: &DatabaseTransaction,
        kind: &str,
        data: serde_json::Value,
        now: Timestamp,
    ) -> Result<(), JobError> {
        let event = events::DomainEvent {
            kind,
            customer_id: Some(self.order.customer_id),
            order_id: Some(self.order.id),
            request_id: self.order.content.request_id.as_deref().or(self.job.request_id.as_deref()),
            data,
            ..Default::default()
        };
        Ok(events::append(tx, event, now).await?)
    }

    async fn end(
        &self,
        stage: Stage,
        run: &'static str,
        event: &str,
        data: serde_json::Value,
    ) -> Result<Ended, JobError> {
        let (tx, now) = self.begin().await?;
        orders::set_stage(&tx, self.order, stage, None, now).await?;
        runs::set_run_state(&tx, self.order.id, run, now).await?;
        self.append(&tx, event, data, now).await?;
        if stage == Stage::NeedsAttention {
            queue::park(&tx, self.job, run).await??;
        } else {
            queue::finish(&tx, self.job).await??;
        }
        tx.commit().await?;
        self.tell().await;
        Ok(Ended::Recorded)
    }

    /// Everything works.
    pub async fn finished(&self) -> Result<Ended, JobError> {
        let ended = self.end(Stage::Active, "finished", "order_active", json!({})).await?;
        self.state.bus.send_customer(self.order.customer_id, ServerMessage::SubscriptionsChanged).await;
        tracing::info!(order.id = %self.order.id, "order is active");
        Ok(ended)
    }

    /// Refused before the customer owned anything; all is taken back.
    pub async fn rolled_back(&self) -> Result<Ended, JobError> {
        self.end(Stage::Rejected, "rolled_back", "order_rolled_back", json!({})).await
    }

    /// A person must decide.
    pub async fn ask_human(&self, planned: PlannedStep, steps: &[StepRow]) -> Result<Ended, JobError> {
        let tries = steps.iter().find(|s| s.planned == planned).map_or(0, |s| s.attempt);
        tracing::error!(order.id = %self.order.id, step = planned.step.name(), "run needs a person");
        let data = json!({ "step": planned.step.name(), "item": planned.item, "tries": tries });
        self.end(Stage::NeedsAttention, "needs_attention", "order_needs_attention", data).await
    }
}
