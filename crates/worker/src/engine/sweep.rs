//! Frees the jobs of workers that died.

use super::Engine;
use platform::queue;
use std::time::Duration;

impl Engine {
    /// Every worker sweeps; doing it twice changes nothing.
    pub async fn sweep(self) {
        let every = Duration::from_secs(5).min(self.lease / 4);
        loop {
            match queue::sweep(&self.db).await {
                Ok((0, 0)) => {}
                Ok((freed, parked)) => {
                    tracing::warn!(freed, parked, "leases had ended");
                    self.wake.now();
                }
                Err(error) => tracing::warn!(%error, "sweep failed"),
            }
            tokio::time::sleep(every).await;
        }
    }
}
