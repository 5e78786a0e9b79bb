//! How the worker learns of approved orders: events as they happen, and a regular comparison for those that were missed.

pub mod reconcile;
pub mod stream;

use crate::state::WorkerState;
use std::time::Duration;

/// How long a leader that died is waited for: a quarter of a job's lease.
fn lease(state: &WorkerState) -> Duration {
    state.config.lease / 4
}

/// What one worker at a time does.
const SUBSCRIBER: &str = "subscriber";
const RECONCILER: &str = "reconciler";

/// Lets another worker lead at once, when this one stops.
pub async fn step_back(state: &WorkerState) {
    for role in [SUBSCRIBER, RECONCILER] {
        if let Err(error) = platform::store::leases::give_back(state.db.conn(), role, &state.name).await {
            tracing::debug!(%error, role, "the lease ends by itself");
        }
    }
}

/// Whether this worker leads. A second leader would be harmless (the inbox drops what it knows), only wasteful.
async fn leads(state: &WorkerState, role: &str) -> bool {
    match platform::store::leases::hold(state.db.conn(), role, &state.name, lease(state)).await {
        Ok(leads) => leads,
        Err(error) => {
            tracing::warn!(%error, role, "lease could not be asked for");
            false
        }
    }
}
