//! Figures of the queue for `/metrics`.

use crate::state::WorkerState;
use platform::queue;
use platform::store::{StoreResult, inventory, orders};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(10);

/// Refreshes the gauges for ever.
pub async fn run(state: WorkerState) {
    loop {
        if let Err(error) = observe(&state).await {
            tracing::debug!(%error, "figures could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating point; counts of rows stay far below 2^52")]
async fn observe(state: &WorkerState) -> StoreResult<()> {
    let (by_state, oldest_ms) = queue::depth(&state.db).await?;
    for name in ["ready", "leased", "dead", "parked"] {
        let count = by_state.iter().find(|(state, _)| state == name).map_or(0, |(_, n)| *n);
        metrics::gauge!("jobs", "state" => name).set(count as f64);
    }
    metrics::gauge!("job_oldest_ready_age_seconds").set(oldest_ms as f64 / 1000.0);
    for (stage, count) in orders::count_by_stage(state.db.conn()).await? {
        metrics::gauge!("orders", "stage" => stage).set(count as f64);
    }
    for (kind, count) in inventory::free(state.db.conn()).await? {
        metrics::gauge!("inventory_free", "kind" => kind).set(count as f64);
    }
    let (used, open) = state.db.pool_usage();
    metrics::gauge!("db_connections", "state" => "used").set(f64::from(used));
    metrics::gauge!("db_connections", "state" => "open").set(f64::from(open));
    Ok(())
}
