//! The job queue: rows in SQL are the truth, messages only wake a worker sooner. A job commits together with the fact
//! that causes it. Leases with epochs fence a worker that came back from the dead.

mod claim;
mod job;
mod people;
mod wake;

pub use claim::{
    Lost, assert_held, claim, finish, give_back, heartbeat, park, progressed, reclaim, retry_later, sweep,
};
pub use job::{Job, JobState, NewJob, Work, enqueue};
pub use people::{JobRow, depth, list, reopen, retry};
pub use wake::Wake;
