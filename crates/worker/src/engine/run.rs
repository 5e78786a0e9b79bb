//! The claim loop.

use super::held::{Held, keep};
use crate::jobs;
use crate::state::WorkerState;
use platform::queue::{self, Job};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// How often the queue is looked at when no hint comes.
const POLL: Duration = Duration::from_secs(1);

/// Works until the process stops.
pub async fn run(state: WorkerState) {
    let held = Held::default();
    // Ends with this future: a heartbeat without its jobs would keep leases that nobody works on.
    let mut heartbeat = JoinSet::new();
    heartbeat.spawn(keep(state.clone(), held.clone()));
    let slots = Arc::new(Semaphore::new(state.config.slots as usize));
    let mut tasks = JoinSet::new();
    while !state.stopping.is_cancelled() {
        while tasks.try_join_next().is_some() {}
        let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX);
        let claimed = if free == 0 { Vec::new() } else { claim(&state, free).await };
        let idle = claimed.is_empty();
        for job in claimed {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let (id, epoch) = (job.id, job.epoch);
            let span = tracing::info_span!("job", job.id = %id, job.kind = job.work.kind(), job.attempt = job.attempts,
                request_id = job.request_id.as_deref());
            let (state, held_here) = (state.clone(), held.clone());
            let task = tasks.spawn(
                async move {
                    work(state, job).await;
                    held_here.remove(id);
                    drop(slot);
                }
                .instrument(span),
            );
            held.insert(id, epoch, task);
        }
        if idle {
            tokio::select! {
                () = state.wake.wait(POLL) => {}
                () = state.stopping.cancelled() => {}
                _ = tasks.join_next(), if !tasks.is_empty() => {}
            }
        }
    }
    let drained = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(state.config.stop_limit, drained).await.is_err() {
        // Their leases end by themselves and another worker looks before it acts.
        tracing::warn!("some jobs did not reach a step border in time");
    }
    heartbeat.abort_all();
}

async fn claim(state: &WorkerState, free: u32) -> Vec<Job> {
    match queue::claim(&state.db, &state.name, free, state.config.lease).await {
        Ok(jobs) => jobs,
        Err(error) => {
            tracing::warn!(%error, "no jobs could be claimed");
            Vec::new()
        }
    }
}

async fn work(state: WorkerState, job: Job) {
    let started = std::time::Instant::now();
    let outcome = jobs::run(&state, &job).await;
    metrics::histogram!("job_seconds", "kind" => job.work.kind()).record(started.elapsed().as_secs_f64());
    if let Err(error) = outcome {
        tracing::warn!(error = &error as &dyn std::error::Error, "job interrupted");
        let later = queue::retry_later(state.db.conn(), &job, None, "interrupted").await;
        if !matches!(later, Ok(Ok(()))) {
            // The lease ends, the sweep frees the job.
            tracing::warn!("job could not be put back; its lease will end");
        }
    }
}
