//! The jobs this worker holds, and the heartbeat that keeps them.

use crate::state::WorkerState;
use platform::queue::heartbeat;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use uuid::Uuid;

/// Jobs by id with their epoch and the task that works on them.
#[derive(Clone, Default)]
pub struct Held(Arc<Mutex<HashMap<Uuid, (i64, AbortHandle)>>>);

impl Held {
    fn with<T>(&self, f: impl FnOnce(&mut HashMap<Uuid, (i64, AbortHandle)>) -> T) -> T {
        // The map is whole after every change, so a panic elsewhere cannot have spoilt it.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
    pub fn insert(&self, id: Uuid, epoch: i64, task: AbortHandle) {
        self.with(|map| map.insert(id, (epoch, task)));
    }
    pub fn remove(&self, id: Uuid) {
        self.with(|map| map.remove(&id));
    }
    fn list(&self) -> Vec<(Uuid, i64)> {
        self.with(|map| map.iter().map(|(id, (epoch, _))| (*id, *epoch)).collect())
    }
    /// Stops the tasks of all jobs but these.
    fn drop_all_but(&self, kept: &[Uuid]) {
        self.with(|map| {
            map.retain(|id, (_, task)| {
                let keep = kept.contains(id);
                if !keep {
                    tracing::warn!(job.id = %id, "lease lost; work dropped");
                    task.abort();
                }
                keep
            });
        });
    }
}

/// Prolongs all leases four times per lease. When that has not worked for two thirds of a lease, the work is dropped
/// before the lease ends, so that no two workers are ever at the same job.
pub async fn keep(state: WorkerState, held: Held) {
    let lease = state.config.lease;
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(lease / 4).await;
        let jobs = held.list();
        if jobs.is_empty() {
            last = Instant::now();
            continue;
        }
        let beat = heartbeat(&state.heartbeat_db, &state.name, &jobs, lease);
        match tokio::time::timeout(lease / 6, beat).await {
            Ok(Ok(kept)) => {
                last = Instant::now();
                // Only jobs that were asked about can have been lost.
                let asked: Vec<Uuid> = jobs.iter().map(|(id, _)| *id).collect();
                let newer = held.list().into_iter().map(|(id, _)| id).filter(|id| !asked.contains(id));
                let keep: Vec<Uuid> = kept.into_iter().chain(newer).collect();
                held.drop_all_but(&keep);
            }
            Ok(Err(error)) => tracing::warn!(%error, "heartbeat failed"),
            Err(_) => tracing::warn!("heartbeat took too long"),
        }
        if last.elapsed() > lease.mul_f64(2.0 / 3.0) {
            held.drop_all_but(&[]);
            last = Instant::now();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
