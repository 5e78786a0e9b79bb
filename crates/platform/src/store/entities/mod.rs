//! Plain columns, as the tables have them. Private: functions of the store turn them into domain types.

pub mod customer;
pub mod customer_order;
pub mod membership;
pub mod person;
pub mod run_step;
pub mod session;
