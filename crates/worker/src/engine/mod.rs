//! Claims jobs for free slots, keeps their leases, and writes how they ended, many at a time. Knows no job's business: the
//! handler does, and tests bring their own.

mod acknowledge;
mod held;
mod keep;
pub mod observe;
mod run;
mod sweep;

use platform::Db;
use platform::queue::Wake;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What the engine needs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub db: Db,
    /// A connection of its own for heartbeats: a busy pool must not cost us our leases.
    pub heartbeat_db: Db,
    pub wake: Wake,
    /// This worker among all.
    pub name: Arc<str>,
    /// Jobs at a time.
    pub slots: usize,
    /// How long a job stays ours without a heartbeat.
    pub lease: Duration,
    /// How long a stopping engine waits for its jobs to reach a step border.
    pub stop_limit: Duration,
    /// Set when the process stops: claim nothing new.
    pub stopping: CancellationToken,
}

impl Engine {
    /// Without a heartbeat for so long, work is dropped: well before the lease ends, so that no two workers are ever at the
    /// same job.
    fn drop_after(&self) -> Duration {
        self.lease.mul_f64(2.0 / 3.0)
    }
}
