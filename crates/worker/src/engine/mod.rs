//! Claims jobs for free slots, keeps their leases, and lets go of them. Knows no job's business.

mod held;
pub mod observe;
pub mod run;
pub mod sweep;
