//! What a person can see and do about their own data: the activity list, a copy of everything, the end of the account.

pub mod activity;
pub mod closing;
pub mod copy;

pub use activity::{Activity, ActivityKind, By, Entry};
pub use closing::{ClosePlan, CloseState, Kept, Obstacle};
pub use copy::{DataCopy, DataCopyState};
