//! Faults of this world.

use super::{World, lock};
use crate::faults::{AimedFault, Attempt, FaultId, Struck, WaitingFault};

impl World {
    /// Whether something goes wrong with a call, and what.
    pub(crate) fn strike(&self, attempt: &Attempt<'_>) -> Option<Struck> {
        lock(&self.inner.faults).strike(attempt)
    }

    /// Lets a fault wait for its call. One of a kind that its system does not know never strikes.
    pub fn add_fault(&self, fault: impl Into<AimedFault>) -> FaultId {
        let fault = fault.into();
        if !fault.fault.kind.suits(fault.fault.system) {
            tracing::warn!(?fault, "a fault that this system cannot have");
        }
        lock(&self.inner.faults).add(fault)
    }

    /// The faults in force, oldest first.
    pub fn faults(&self) -> Vec<WaitingFault> {
        lock(&self.inner.faults).list()
    }

    /// Removes one fault; `false` when it is not in force (any more).
    pub fn remove_fault(&self, id: FaultId) -> bool {
        lock(&self.inner.faults).remove(id)
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        lock(&self.inner.faults).clear();
    }
}
