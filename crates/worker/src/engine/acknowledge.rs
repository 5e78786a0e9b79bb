//! Writes how jobs ended. Whatever gathers while one batch is written is the next batch, so the cost of a commit is shared
//! exactly when there is much to do, and a single end never waits for others.

use super::held::Held;
use super::{Engine, Line};
use platform::queue::{self, Ended, Job};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// Most ends in one statement.
const MOST: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Works until all senders are gone and everything is written.
pub async fn run(engine: Engine, mut line: Line, held: Held, mut ends: UnboundedReceiver<(Job, Ended)>) {
    let mut batch = Vec::new();
    while ends.recv_many(&mut batch, MOST).await > 0 {
        write(&engine, &mut line, &batch).await;
        for (job, _) in batch.drain(..) {
            held.gone(&job);
        }
    }
}

/// Tries for as long as a lease lasts. A late write is harmless: it hits only rows that nobody else has taken.
async fn write(engine: &Engine, line: &mut Line, batch: &[(Job, Ended)]) {
    let since = Instant::now();
    let mut pause = PAUSE;
    loop {
        let writing = queue::acknowledge(line.db.conn(), batch);
        match tokio::time::timeout(engine.answer_within(), writing).await {
            Ok(Ok(lost)) => {
                for id in &lost {
                    tracing::warn!(job.id = %id, "the job was not ours any more; how it ended was not written");
                }
                metrics::counter!("job_ends_lost_total").increment(lost.len() as u64);
                return;
            }
            Ok(Err(error)) => tracing::warn!(%error, jobs = batch.len(), "ends of jobs could not be written"),
            Err(_) => {
                tracing::warn!(jobs = batch.len(), "writing the ends of jobs took too long");
                line.renew();
            }
        }
        if since.elapsed() > engine.lease {
            tracing::warn!(jobs = batch.len(), "ends of jobs given up; their leases end and the jobs run again");
            metrics::counter!("job_ends_lost_total").increment(batch.len() as u64);
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
