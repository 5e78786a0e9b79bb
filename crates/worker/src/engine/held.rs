//! The jobs this worker holds: from the claim until their end is written.

use platform::queue::{Beat, Ended, Job};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use uuid::Uuid;

/// Cheap to clone; all clones are one list.
#[derive(Clone, Default)]
pub struct Held(Arc<Inner>);

#[derive(Default)]
struct Inner {
    jobs: Mutex<HashMap<Uuid, Entry>>,
    changed: Notify,
}

struct Entry {
    epoch: i64,
    /// When the claim or the last heartbeat that prolonged the lease was sent: the lease lasts at least from then.
    proven: Instant,
    /// On its last chance: it may be the one that kills its process.
    suspect: bool,
    phase: Phase,
}

enum Phase {
    Running(AbortHandle),
    /// Told to stop because the lease is lost or may be; not gone yet.
    Dropped,
    /// Ran to its end, which is about to be written.
    Ending,
}

impl Held {
    fn with<T>(&self, f: impl FnOnce(&mut HashMap<Uuid, Entry>) -> T) -> T {
        // The map is whole after every change, so a panic elsewhere cannot have spoilt it.
        f(&mut self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Enters a job and starts its task as one step: the task cannot end, nor a heartbeat pass, before the entry is there.
    pub fn start(&self, job: &Job, proven: Instant, suspect: bool, spawn: impl FnOnce() -> AbortHandle) {
        self.with(|jobs| {
            let phase = Phase::Running(spawn());
            jobs.insert(job.id, Entry { epoch: job.epoch, proven, suspect, phase });
        });
    }

    /// Jobs at work, and all that are held.
    pub fn count(&self) -> (usize, usize) {
        self.with(|jobs| (jobs.values().filter(|e| !matches!(e.phase, Phase::Ending)).count(), jobs.len()))
    }

    pub fn has_suspect(&self) -> bool {
        self.with(|jobs| jobs.values().any(|entry| entry.suspect))
    }

    /// Returns when a job has left its slot or its end was written since the last call.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    pub fn tokens(&self) -> Vec<(Uuid, i64)> {
        self.with(|jobs| jobs.iter().map(|(id, entry)| (*id, entry.epoch)).collect())
    }

    /// A job that is held already was claimed again: the database forgot the first claim. Stops its first run.
    pub async fn give_way(&self, id: Uuid, at_most: Duration) -> bool {
        let gone = async {
            while self.with(|jobs| jobs.get_mut(&id).map(Entry::stop)).is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(at_most, gone).await.is_ok()
    }

    /// Takes in what a heartbeat found that asked for `asked` and was sent at `sent`.
    pub fn beat(&self, asked: &[(Uuid, i64)], beat: &Beat, sent: Instant) {
        let kept: HashSet<&Uuid> = beat.prolonged.iter().chain(&beat.untouched).collect();
        self.with(|jobs| {
            for (id, epoch) in asked {
                let Some(entry) = jobs.get_mut(id).filter(|entry| entry.epoch == *epoch) else { continue };
                if !kept.contains(id) && entry.stop() {
                    metrics::counter!("jobs_dropped_total", "why" => "lost").increment(1);
                    tracing::warn!(job.id = %id, "lease lost; work dropped");
                }
            }
            for id in &beat.prolonged {
                if let Some(entry) = jobs.get_mut(id) {
                    entry.proven = sent;
                }
            }
        });
    }

    /// Stops the jobs whose lease was not proven for so long.
    pub fn drop_unproven(&self, limit: Duration) {
        self.with(|jobs| {
            for (id, entry) in jobs.iter_mut().filter(|(_, entry)| entry.proven.elapsed() > limit) {
                if entry.stop() {
                    metrics::counter!("jobs_dropped_total", "why" => "unproven").increment(1);
                    tracing::warn!(job.id = %id, "no heartbeat for too long; work dropped before the lease ends");
                }
            }
        });
    }

    fn ending(&self, job: &Job) {
        self.with(|jobs| {
            if let Some(entry) = jobs.get_mut(&job.id).filter(|entry| entry.epoch == job.epoch) {
                entry.phase = Phase::Ending;
            }
        });
        self.0.changed.notify_one();
    }

    /// Nothing of the job is left here.
    pub fn gone(&self, job: &Job) {
        self.with(|jobs| {
            if jobs.get(&job.id).is_some_and(|entry| entry.epoch == job.epoch) {
                jobs.remove(&job.id);
            }
        });
        self.0.changed.notify_one();
    }

    fn was_dropped(&self, job: &Job) -> bool {
        self.with(|jobs| jobs.get(&job.id).is_none_or(|entry| matches!(entry.phase, Phase::Dropped)))
    }
}

impl Entry {
    /// Whether it was running until now.
    fn stop(&mut self) -> bool {
        if let Phase::Running(task) = &self.phase {
            task.abort();
            self.phase = Phase::Dropped;
            return true;
        }
        false
    }
}

/// Lives in the task of a job and hands on how it ended, also when the task is aborted.
pub struct Run {
    pub held: Held,
    pub ends: UnboundedSender<(Job, Ended)>,
    job: Option<Job>,
}

impl Run {
    pub const fn new(held: Held, ends: UnboundedSender<(Job, Ended)>, job: Job) -> Self {
        Self { held, ends, job: Some(job) }
    }

    pub fn ended(mut self, ended: Ended) {
        self.hand_on(ended);
    }

    fn hand_on(&mut self, ended: Ended) {
        let Some(job) = self.job.take() else { return };
        if ended == Ended::Recorded {
            self.held.gone(&job);
            return;
        }
        self.held.ending(&job);
        // Nobody writes ends any more only when the whole engine was dropped; then the lease ends by itself.
        let _ = self.ends.send((job, ended));
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Aborted: because the lease is lost, and there is nothing to write, or because the process stops.
        let lost = self.job.as_ref().is_some_and(|job| self.held.was_dropped(job));
        self.hand_on(if lost { Ended::Recorded } else { Ended::GivenBack });
    }
}
