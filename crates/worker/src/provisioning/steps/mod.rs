//! One file per step. A step acts on one system, can be looked up when its answer was lost, and says in [`Outcome`] how
//! it ended. Nothing is recorded here.

mod accept_billing_order;
mod add_billing_order;
mod await_line;
mod check_order;
mod ensure_client;
mod open_line;
mod report_fulfilled;
mod reserve_line;

use crate::state::WorkerState;
use domain::customer::Customer;
use domain::orders::fulfilment::{PlannedStep, Step, marker};
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::queue::Job;
use platform::store::StoreError;
use platform::store::orders::{Order, StoredItem};
use platform::store::runs::{ReservedLine, StepRow, result_of};
use std::time::Duration;

pub use report_fulfilled::report_failed;

/// What a step works with.
pub struct Context<'a> {
    pub state: &'a WorkerState,
    pub job: &'a Job,
    pub order: &'a Order,
    pub customer: &'a Customer,
    pub steps: &'a [StepRow],
}

/// How a step ended.
#[derive(Debug)]
pub enum Outcome {
    Done(Option<serde_json::Value>),
    /// Understood and rejected.
    Refused(&'static str),
    /// A person must decide.
    Unclear(&'static str),
    /// Nothing was done; try again, after the time that was asked for or with back-off.
    NotDone {
        after: Option<Duration>,
        reason: &'static str,
    },
    /// All is well, but it takes time.
    Waiting {
        after: Duration,
    },
    /// Sent, and no usable answer came.
    Unknown,
}

impl Outcome {
    /// The form in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(_) => "refused",
            Self::Unclear(_) => "unclear",
            Self::NotDone { .. } => "not_done",
            Self::Waiting { .. } => "waiting",
            Self::Unknown => "unknown",
        }
    }
}

/// What a look-up found of a step whose answer was lost.
#[derive(Debug)]
pub enum Looked {
    Found(Option<serde_json::Value>),
    Nothing,
    /// More than one, or something that does not fit: never act on that.
    Ambiguous(&'static str),
    Failed {
        after: Option<Duration>,
    },
}

/// Does a step.
pub async fn perform(context: &Context<'_>, planned: PlannedStep) -> Outcome {
    match planned.step {
        Step::CheckOrder => check_order::perform(context).await,
        Step::EnsureClient => ensure_client::perform(context).await,
        Step::ReserveLine => reserve_line::perform(context, planned.item).await,
        Step::AddBillingOrder => add_billing_order::perform(context).await,
        Step::AcceptBillingOrder => accept_billing_order::perform(context).await,
        Step::OpenLine => open_line::perform(context, planned.item).await,
        Step::AwaitLine => await_line::perform(context, planned.item).await,
        Step::ReportFulfilled => report_fulfilled::perform(context).await,
    }
}

/// Looks whether a step was carried out. Steps without an intent are simply done again.
pub async fn look(context: &Context<'_>, planned: PlannedStep) -> Looked {
    match planned.step {
        Step::EnsureClient => ensure_client::look(context).await,
        Step::AddBillingOrder => add_billing_order::look(context).await,
        Step::AcceptBillingOrder => accept_billing_order::look(context).await,
        Step::OpenLine => open_line::look(context, planned.item).await,
        Step::CheckOrder | Step::ReserveLine | Step::AwaitLine | Step::ReportFulfilled => Looked::Nothing,
    }
}

/// Takes a step's effect back. What is already gone counts as undone.
pub async fn undo(context: &Context<'_>, planned: PlannedStep) -> Outcome {
    match planned.step {
        Step::AddBillingOrder => add_billing_order::undo(context).await,
        Step::ReserveLine => reserve_line::undo(context, planned.item).await,
        Step::CheckOrder
        | Step::EnsureClient
        | Step::AcceptBillingOrder
        | Step::OpenLine
        | Step::AwaitLine
        | Step::ReportFulfilled => Outcome::Done(None),
    }
}

impl Context<'_> {
    /// Our marker of an item in billing.
    fn marker(&self, item: u32) -> String {
        marker(&self.order.number, item)
    }

    /// Items with their numbers, from 1.
    fn items(&self) -> impl Iterator<Item = (u32, &StoredItem)> {
        (1_u32..).zip(&self.order.content.items)
    }

    fn item(&self, no: u32) -> Option<&StoredItem> {
        self.items().find(|(n, _)| *n == no).map(|(_, item)| item)
    }

    fn reserved(&self, item: u32) -> Option<ReservedLine> {
        result_of(self.steps, Step::ReserveLine, item)
    }
}

/// A failed call that is repeatable, or that certainly did nothing.
fn failed(error: &UpstreamError, refused: &'static str) -> Outcome {
    tracing::warn!(error = error as &dyn std::error::Error, kind = error.kind.name(), "call failed");
    match &error.kind {
        UpstreamErrorKind::Unavailable { retry_after } => {
            Outcome::NotDone { after: *retry_after, reason: "unavailable" }
        }
        UpstreamErrorKind::OutcomeUnknown => Outcome::Unknown,
        UpstreamErrorKind::Refused { .. } | UpstreamErrorKind::NotFound => Outcome::Refused(refused),
        UpstreamErrorKind::Garbled { .. } => Outcome::Unclear("answer_not_understood"),
        UpstreamErrorKind::Denied => {
            metrics::counter!("upstream_denied_total", "provider" => error.provider.name()).increment(1);
            Outcome::NotDone { after: None, reason: "denied" }
        }
    }
}

/// A call that makes something, whose answer does not fit: it may have been carried out, so it is looked up.
fn failed_write(error: &UpstreamError, refused: &'static str) -> Outcome {
    match failed(error, refused) {
        Outcome::Unclear(_) => Outcome::Unknown,
        other => other,
    }
}

/// A repeatable write (same values every time) whose answer was lost is simply done again.
fn failed_repeatable(error: &UpstreamError, refused: &'static str) -> Outcome {
    match failed(error, refused) {
        Outcome::Unknown => Outcome::NotDone { after: None, reason: "answer_unknown" },
        other => other,
    }
}

fn look_failed(error: &UpstreamError) -> Looked {
    tracing::warn!(error = error as &dyn std::error::Error, kind = error.kind.name(), "look-up failed");
    match &error.kind {
        UpstreamErrorKind::Unavailable { retry_after } => Looked::Failed { after: *retry_after },
        UpstreamErrorKind::Garbled { .. } => Looked::Ambiguous("answer_not_understood"),
        UpstreamErrorKind::OutcomeUnknown
        | UpstreamErrorKind::Refused { .. }
        | UpstreamErrorKind::NotFound
        | UpstreamErrorKind::Denied => Looked::Failed { after: None },
    }
}

fn store_failed(error: &StoreError) -> Outcome {
    tracing::warn!(error = error as &dyn std::error::Error, "database did not answer");
    Outcome::NotDone { after: None, reason: "database" }
}

/// A stored result as JSON.
fn stored<T: serde::Serialize>(value: &T) -> Option<serde_json::Value> {
    serde_json::to_value(value).ok()
}
