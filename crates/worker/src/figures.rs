//! What the operator's pages show as metrics too, from the same queries, so that page and pager agree. Every worker says the
//! same; rules take the largest.

use crate::state::WorkerState;
use platform::store::StoreResult;
use platform::store::ops;
use std::collections::BTreeSet;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(10);

/// Refreshes the gauges for ever.
pub async fn run(state: WorkerState) {
    let mut kinds = BTreeSet::new();
    loop {
        if let Err(error) = refresh(&state, &mut kinds).await {
            tracing::debug!(%error, "figures could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// `kinds` remembers every kind of job that was seen, so that one without jobs falls to zero and does not keep its last
/// figure.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point; counts and seconds stay far below 2^52")]
async fn refresh(state: &WorkerState, kinds: &mut BTreeSet<String>) -> StoreResult<()> {
    let found = ops::figures(&state.db, state.clock.now()).await?;
    kinds.extend(found.queue.iter().map(|k| k.kind.clone()));
    for kind in kinds.iter() {
        let entry = found.queue.iter().find(|k| k.kind == *kind).cloned().unwrap_or_default();
        let counts = [("ready", entry.ready), ("leased", entry.leased), ("dead", entry.dead), ("parked", entry.parked)];
        for (name, jobs) in counts {
            metrics::gauge!("queue_jobs", "kind" => kind.clone(), "state" => name).set(jobs as f64);
        }
        let age = entry.oldest_due_seconds.unwrap_or(0);
        metrics::gauge!("queue_oldest_due_seconds", "kind" => kind.clone()).set(age as f64);
    }
    let subscriber = found.subscriber;
    let leads = subscriber.leaders.iter().any(|l| l.role == "subscriber" && l.alive);
    metrics::gauge!("subscriber_leading").set(f64::from(u8::from(leads)));
    if let Some(stream) = subscriber.stream {
        metrics::gauge!("event_stream_connected").set(f64::from(u8::from(stream.connected)));
    }
    if let Some(seconds) = subscriber.cursor_age_seconds {
        metrics::gauge!("replay_position_age_seconds").set(seconds as f64);
    }
    Ok(())
}
