//! Faults that a test or a person at the console puts into the upstreams.

mod aim;
mod kind;
mod parameters;
mod waiting;

pub use aim::{Aim, AimedFault};
pub(crate) use kind::{DELIVER, KEEP_ALIVE, REPLAY};
pub use kind::{DelayPoint, Fault, FaultId, FaultKind, System};
pub(crate) use parameters::{Parameters, names};
pub use waiting::WaitingFault;
pub(crate) use waiting::{Attempt, Faults, Struck};
