//! Frees the jobs of workers that died.

use crate::state::WorkerState;
use platform::queue;
use std::time::Duration;

/// Every worker sweeps; doing it twice changes nothing.
pub async fn run(state: WorkerState) {
    let every = Duration::from_secs(5).min(state.config.lease / 4);
    loop {
        match queue::sweep(&state.db).await {
            Ok((0, 0)) => {}
            Ok((freed, parked)) => {
                tracing::warn!(freed, parked, "leases had ended");
                state.wake.now();
            }
            Err(error) => tracing::warn!(%error, "sweep failed"),
        }
        tokio::time::sleep(every).await;
    }
}
