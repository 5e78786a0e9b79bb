//! What the operator's staff see and do: runs, jobs, the health of what the portal depends on, the log of what happened.
//! Holds no customer's name, address or number; whoever needs those looks in the CRM.

pub mod concerns;
pub mod contract;
pub mod overview;
pub mod schema;

pub use concerns::{Concern, concerns};
pub use contract::{
    AuditEntry, DriftView, JobAct, JobState, JobView, OrderRef, RunDetail, RunStep, RunSummary, job_acts, may_settle,
};
pub use overview::{Overview, UpstreamView};
pub use schema::{HandOutcome, Reason, RetryDead, Settle};
