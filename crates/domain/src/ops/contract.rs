//! Replies of `/api/ops`.

use crate::orders::Stage;
use crate::orders::fulfilment::StepState;
use crate::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a job stands. Stored names are a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time or for a free worker.
    Ready,
    /// A worker is at it.
    Leased,
    Done,
    /// Tried too often.
    Dead,
    /// Stopped on purpose: a person decides.
    Parked,
    /// Given up by a person.
    Discarded,
}

impl JobState {
    pub const ALL: [Self; 6] = [Self::Ready, Self::Leased, Self::Done, Self::Dead, Self::Parked, Self::Discarded];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Parked => "parked",
            Self::Discarded => "discarded",
        }
    }
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
    /// No worker touches it until a person does.
    pub const fn is_stopped(self) -> bool {
        matches!(self, Self::Dead | Self::Parked | Self::Discarded)
    }
}

/// What a person can do with a stopped job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobAct {
    /// Back to work with its tries counted anew.
    Retry,
    /// Back to work after something was put right; the run looks before it acts.
    Resume,
    /// Given up. A run before its pivot is taken back and its order rejected.
    Discard,
}

impl JobAct {
    /// The last part of its address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Resume => "resume",
            Self::Discard => "discard",
        }
    }
}

/// What a person can do with a job in this state; `order` is the stage of the order that it works for.
pub fn job_acts(state: JobState, order: Option<Stage>) -> &'static [JobAct] {
    let over = order.is_some_and(Stage::is_final);
    match state {
        JobState::Dead => &[JobAct::Retry, JobAct::Discard],
        JobState::Parked => &[JobAct::Resume, JobAct::Discard],
        // Its order is still open: the run can go on after all.
        JobState::Discarded if order.is_some() && !over => &[JobAct::Resume],
        JobState::Discarded | JobState::Ready | JobState::Leased | JobState::Done => &[],
    }
}

/// Whether a person may declare how an order stands: it is open, and no worker is at it.
pub const fn may_settle(stage: Stage, job: Option<JobState>) -> bool {
    !stage.is_final() && matches!(job, Some(job) if job.is_stopped())
}

/// An order as staff name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderRef {
    pub id: OrderId,
    /// Salesforce `OrderNumber`.
    pub number: String,
    pub customer_number: String,
    pub stage: Stage,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobView {
    pub id: Uuid,
    pub kind: String,
    /// What it is about: for `provision` the Salesforce id of the order.
    pub subject: Option<String>,
    pub state: JobState,
    pub attempts: u32,
    pub max_attempts: u32,
    /// How often a worker died with it.
    pub crashes: u32,
    /// Not before this, when it is ready.
    pub run_at: Timestamp,
    /// Until when a worker has it.
    pub lease_until: Option<Timestamp>,
    /// A code.
    pub last_error: Option<String>,
    pub request_id: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// The order that it works for, when the portal has one.
    pub order: Option<OrderRef>,
}

/// The step at which a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunStep {
    pub step: String,
    /// The order item, from 1; 0 for the whole order.
    pub item: u32,
    /// `todo`, `intent`, `done`, `refused`, `undone` or `unclear`.
    pub state: String,
    /// Calls made.
    pub attempt: u32,
    /// Our name for the item in billing, which the look-up searches by.
    pub marker: Option<String>,
    /// When a call was last announced.
    pub intent_at: Option<Timestamp>,
    /// Until when its outcome may still change upstream.
    pub settle_until: Option<Timestamp>,
    pub recorded_at: Option<Timestamp>,
    /// A code.
    pub error: Option<String>,
}

impl RunStep {
    /// Waits for somebody, or went wrong: where to look first.
    pub fn is_remarkable(&self) -> bool {
        [StepState::Intent, StepState::Refused, StepState::Unclear].iter().any(|s| s.name() == self.state)
    }
}

/// The job of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunJob {
    pub id: Uuid,
    pub state: JobState,
    pub last_error: Option<String>,
    pub run_at: Timestamp,
}

/// A provisioning run in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunSummary {
    pub order: OrderRef,
    /// `open`, `needs_attention`, `gave_up`, `finished`, `rolled_back` or `settled_by_hand`.
    pub state: String,
    pub opened_at: Timestamp,
    pub updated_at: Timestamp,
    /// Steps done, and all steps.
    pub done: u32,
    pub steps: u32,
    /// The step that stopped it, or whose outcome is open.
    pub at: Option<RunStep>,
    pub job: Option<RunJob>,
}

/// A provisioning run with everything that is recorded of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunDetail {
    pub order: OrderRef,
    pub salesforce_order_id: String,
    /// The order in billing, once made.
    pub whmcs_order_id: Option<u64>,
    /// Services in billing, once accepted.
    pub services: Vec<u64>,
    pub placed_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub opened_at: Timestamp,
    pub updated_at: Timestamp,
    /// As in the list.
    pub state: String,
    /// The request that placed the order; every log line of the run carries it.
    pub request_id: Option<String>,
    /// Billing has accepted the order, or may have: nothing is taken back by itself any more.
    pub past_pivot: bool,
    pub steps: Vec<RunStep>,
    pub job: Option<RunJob>,
    /// What happened to the order, newest first; at most 200.
    pub events: Vec<AuditEntry>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// No person: the portal itself.
    System,
    /// A customer's person, named by the account.
    Customer {
        customer_number: String,
    },
    Staff {
        name: String,
    },
    /// Somebody at the command line.
    Console,
}

/// One fact of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: Timestamp,
    /// A fact in `snake_case`, such as `job_resumed`.
    pub kind: String,
    pub actor: Actor,
    pub person_id: Option<crate::UserId>,
    pub order_id: Option<OrderId>,
    pub order_number: Option<String>,
    pub customer_number: Option<String>,
    pub request_id: Option<String>,
    /// Ids, codes and the reason of an act.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: serde_json::Value,
}

/// A difference between our orders and Salesforce, kept until it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DriftView {
    /// What differs, such as `approved_without_row`.
    pub kind: String,
    pub salesforce_order_id: String,
    /// Our order, when there is one.
    pub order_id: Option<OrderId>,
    pub order_number: Option<String>,
    /// The portal repairs it without a person; it is shown so that one sees that it happened.
    pub mends_itself: bool,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub resolved_at: Option<Timestamp>,
}

/// Reply of retrying every dead job of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retried {
    /// Jobs put back to work; at most 500 at a time.
    pub jobs: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stopped_jobs_can_be_acted_upon() {
        use JobAct as A;
        use JobState as S;
        for state in [S::Ready, S::Leased, S::Done] {
            assert_eq!(job_acts(state, Some(Stage::Provisioning)), &[] as &[JobAct], "{state:?}");
            assert!(!may_settle(Stage::NeedsAttention, Some(state)));
        }
        assert_eq!(job_acts(S::Dead, None), [A::Retry, A::Discard]);
        assert_eq!(job_acts(S::Parked, Some(Stage::NeedsAttention)), [A::Resume, A::Discard]);
        assert_eq!(job_acts(S::Discarded, Some(Stage::NeedsAttention)), [A::Resume]);
        assert_eq!(job_acts(S::Discarded, None), &[] as &[JobAct], "nothing waits for it");
        assert_eq!(job_acts(S::Discarded, Some(Stage::Rejected)), &[] as &[JobAct]);
        assert!(may_settle(Stage::NeedsAttention, Some(S::Discarded)) && !may_settle(Stage::Active, Some(S::Parked)));
    }

    #[test]
    fn stored_names_round_trip() {
        for state in JobState::ALL {
            assert_eq!(JobState::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
