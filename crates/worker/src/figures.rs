//! What the operator's pages show as metrics too, from the same queries, so that page and pager agree. Every worker says the
//! same; rules take the largest.

use crate::state::WorkerState;
use platform::store::StoreResult;
use platform::store::drift::DriftKind;
use platform::store::ops;
use std::collections::BTreeSet;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(10);

/// Refreshes the gauges for ever.
pub async fn run(state: WorkerState) {
    let (mut kinds, mut drifts) = (BTreeSet::new(), DriftKind::ALL.map(|k| k.name().to_owned()).into());
    loop {
        if let Err(error) = refresh(&state, &mut kinds, &mut drifts).await {
            tracing::debug!(%error, "figures could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// `kinds` and `drifts` remember every kind of job and difference that was seen, so that one that is gone falls to zero and
/// does not keep its last figure.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point; counts and seconds stay far below 2^52")]
async fn refresh(state: &WorkerState, kinds: &mut BTreeSet<String>, drifts: &mut BTreeSet<String>) -> StoreResult<()> {
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
    drifts.extend(found.drift.iter().map(|(kind, _)| kind.clone()));
    for kind in drifts.iter() {
        let open = found.drift.iter().find(|(name, _)| name == kind).map_or(0, |(_, n)| *n);
        metrics::gauge!("order_drift_open", "kind" => kind.clone()).set(open as f64);
    }
    for stock in found.stock {
        metrics::gauge!("inventory_free", "kind" => stock.kind).set(stock.free as f64);
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
