//! The job queue: rows in SQL are the truth, messages only wake a worker sooner. A job commits together with the fact
//! that causes it. Leases with epochs fence a worker that came back from the dead.

mod acts;
mod claim;
mod end;
mod enqueue;
mod hold;
mod job;
mod people;
mod wake;

pub use acts::{Acted, By, NotDone, act, retry_dead, settle};
pub use claim::{claim, claim_suspect, is_suspect, reclaim, release, sweep};
pub use domain::ops::JobState;
pub use end::{Ended, acknowledge, end, finish, park};
pub use enqueue::{NewJob, RawJob, enqueue, enqueue_all, enqueue_raw};
pub use hold::{Beat, Lost, assert_held, heartbeat, progressed};
pub use job::{Job, Work};
pub use people::{JobRow, depth, list, reopen};
pub use wake::Wake;
