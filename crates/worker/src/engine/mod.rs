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

/// A connection that belongs to one of the engine's loops: a pool that the handlers keep busy must not cost us our leases.
struct Line {
    pool: Db,
    durable: bool,
    db: Db,
}

impl Line {
    fn new(pool: &Db, durable: bool) -> Self {
        Self { pool: pool.clone(), durable, db: pool.for_loop(durable) }
    }

    /// For claims, which need not wait for the disk ([`platform::queue::claim`]), and for ends, which must. SQLite has one
    /// write lock and waiting for it means polling, so there both take turns on one connection.
    fn claims_and_ends(pool: &Db) -> (Self, Self) {
        let claims = Self::new(pool, false);
        let db = if pool.is_postgres() { pool.for_loop(true) } else { claims.db.clone() };
        (claims, Self { pool: pool.clone(), durable: true, db })
    }

    /// After a call without an answer: the connection may be dead without anybody having been told, and would be waited for.
    /// A file has no such connections.
    fn renew(&mut self) {
        if self.pool.is_postgres() {
            self.db = self.pool.for_loop(self.durable);
        }
    }
}

impl Engine {
    /// Without a heartbeat for so long, work is dropped: well before the lease ends, so that no two workers are ever at the
    /// same job.
    fn drop_after(&self) -> Duration {
        self.lease.mul_f64(2.0 / 3.0)
    }

    /// Longest time of one statement of the engine's loops.
    fn answer_within(&self) -> Duration {
        self.lease / 6
    }
}
