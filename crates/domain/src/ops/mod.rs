//! What the operator's staff see and do: runs, jobs, the health of what the portal depends on, the log of what happened.
//! Holds no customer's name, address or number; whoever needs those looks in the CRM.

pub mod concerns;
pub mod contract;
pub mod schema;

pub use concerns::{Concern, concerns};
pub use contract::{
    AuditEntry, DriftView, JobAct, JobState, JobView, OrderRef, Overview, RunDetail, RunStep, RunSummary, UpstreamView,
    job_acts, may_settle,
};
pub use schema::{HandOutcome, Reason, RetryDead, Settle};
