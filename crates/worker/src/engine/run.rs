//! The claim loop.

use super::held::{Held, Run};
use super::{Engine, Line, acknowledge, keep};
use futures_util::FutureExt as _;
use platform::queue::{self, Ended, Job};
use platform::store::StoreResult;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// How often the queue is looked at when no hint comes.
const POLL: Duration = Duration::from_secs(1);
/// Most jobs held, as a multiple of the slots: the running ones and those whose end is being written.
const MOST_HELD: usize = 4;
/// For the last ends of a stopping engine to be written.
const LAST_WRITE: Duration = Duration::from_secs(3);

impl Engine {
    /// Works until it is told to stop; then lets jobs reach their end or a step border, and gives the rest back untouched.
    pub async fn run<H, F>(self, handler: H)
    where
        H: Fn(Job) -> F + Send + Sync + 'static,
        F: Future<Output = Ended> + Send + 'static,
    {
        let (mut claims, writes) = Line::claims_and_ends(&self.db);
        let held = Held::default();
        let (ends, inbox) = unbounded_channel();
        // All end with this future: a heartbeat without its jobs would keep leases that nobody works on.
        let mut keepers = JoinSet::new();
        keepers.spawn(keep::beat(self.clone(), held.clone()));
        keepers.spawn(keep::watch(self.clone(), held.clone()));
        let mut writer = JoinSet::new();
        writer.spawn(acknowledge::run(self.clone(), writes, held.clone(), inbox));
        let mut tasks = JoinSet::new();
        self.claim_all(&mut claims, &Arc::new(handler), &held, &ends, &mut tasks).await;

        let at_rest = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.stop_limit, at_rest).await.is_err() {
            tracing::warn!(jobs = tasks.len(), "some jobs did not reach a step border in time; given back");
            tasks.shutdown().await;
        }
        drop(ends);
        let written = async { while writer.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_WRITE, written).await.is_err() {
            tracing::warn!("the last ends could not be written; their leases end by themselves");
        }
    }

    async fn claim_all<H, F>(
        &self,
        line: &mut Line,
        handler: &Arc<H>,
        held: &Held,
        ends: &UnboundedSender<(Job, Ended)>,
        tasks: &mut JoinSet<()>,
    ) where
        H: Fn(Job) -> F + Send + Sync + 'static,
        F: Future<Output = Ended> + Send + 'static,
    {
        let mut unsure = false;
        let mut suspects = Instant::now();
        while !self.stopping.is_cancelled() {
            while tasks.try_join_next().is_some() {}
            // A job whose end waits to be written has left its slot, but unwritten ends must not pile up: all that a crash
            // would do again.
            let (running, all) = held.count();
            let free = self.slots.saturating_sub(running).min((MOST_HELD * self.slots).saturating_sub(all));
            if free == 0 {
                tokio::select! {
                    () = held.changed() => {}
                    () = self.stopping.cancelled() => {}
                }
                continue;
            }
            let sent = Instant::now();
            let Ok(jobs) = self.claim(line, held, free, &mut unsure).await else {
                tokio::select! {
                    () = tokio::time::sleep(POLL / 2) => {}
                    () = self.stopping.cancelled() => {}
                }
                continue;
            };
            let idle = jobs.len() < free;
            for job in jobs {
                self.start(handler, held, ends, tasks, job, sent).await;
            }
            if idle && suspects.elapsed() >= POLL && !held.has_suspect() {
                suspects = Instant::now();
                let claimed = queue::claim_suspect(&line.db, &self.name, self.lease);
                if let Ok(Some(job)) = self.answered(claimed).await.map_err(|_| self.unsure(line, &mut unsure)) {
                    self.start(handler, held, ends, tasks, job, suspects).await;
                }
            }
            if idle {
                tokio::select! {
                    () = self.wake.wait(POLL) => {}
                    () = self.stopping.cancelled() => {}
                }
            }
        }
    }

    /// After a claim whose answer was lost, jobs may be ours without our knowing: they are given back first.
    async fn claim(&self, line: &mut Line, held: &Held, free: usize, unsure: &mut bool) -> Result<Vec<Job>, ()> {
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        let claimed = async {
            if *unsure {
                let released = queue::release(&line.db, &self.name, &held.tokens()).await?;
                tracing::info!(released, "jobs whose claim was not answered are free again");
            }
            queue::claim(&line.db, &self.name, limit, self.lease).await
        };
        let claimed = self.answered(claimed).await;
        match claimed {
            Ok(_) => *unsure = false,
            Err(()) => self.unsure(line, unsure),
        }
        claimed
    }

    async fn answered<T>(&self, claim: impl Future<Output = StoreResult<T>>) -> Result<T, ()> {
        match tokio::time::timeout(self.answer_within(), claim).await {
            Ok(Ok(claimed)) => return Ok(claimed),
            Ok(Err(error)) => tracing::warn!(%error, "no jobs could be claimed"),
            Err(_) => tracing::warn!("claiming jobs took too long"),
        }
        Err(())
    }

    fn unsure(&self, line: &mut Line, unsure: &mut bool) {
        line.renew();
        *unsure = true;
    }

    async fn start<H, F>(
        &self,
        handler: &Arc<H>,
        held: &Held,
        ends: &UnboundedSender<(Job, Ended)>,
        tasks: &mut JoinSet<()>,
        job: Job,
        sent: Instant,
    ) where
        H: Fn(Job) -> F + Send + Sync + 'static,
        F: Future<Output = Ended> + Send + 'static,
    {
        if !held.give_way(job.id, self.lease / 4).await {
            tracing::warn!(job.id = %job.id, "claimed again while its first run does not end; left to its lease");
            return;
        }
        let run = Run::new(held.clone(), ends.clone(), job.clone());
        let suspect = queue::is_suspect(&job);
        if sent.elapsed() > self.drop_after() {
            tracing::warn!(job.id = %job.id, "the claim took so long that the job is given back");
            run.ended(Ended::GivenBack);
            return;
        }
        let span = tracing::info_span!("job", job.id = %job.id, job.kind = job.kind, job.attempt = job.attempts,
            request_id = job.request_id.as_deref());
        held.start(&job.clone(), sent, suspect, || tasks.spawn(work(Arc::clone(handler), run, job).instrument(span)));
    }
}

async fn work<H, F>(handler: Arc<H>, run: Run, job: Job)
where
    H: Fn(Job) -> F,
    F: Future<Output = Ended>,
{
    // Declared before the future of the handler and so dropped after it: what is handed on is really over.
    let run = run;
    let (kind, started) = (job.kind.clone(), Instant::now());
    let ended = AssertUnwindSafe(async move { handler(job).await }).catch_unwind().await;
    metrics::histogram!("job_seconds", "kind" => kind).record(started.elapsed().as_secs_f64());
    run.ended(ended.unwrap_or_else(|_| {
        tracing::error!("the job's handler panicked");
        Ended::Failed { reason: "panicked" }
    }));
}
