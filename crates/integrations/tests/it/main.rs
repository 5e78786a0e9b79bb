//! The clients against real sockets: the sandbox for what the systems do, a raw server for what networks do.

mod events;
mod events_faults;
mod events_hostile;
mod fault_matrix;
mod foreign_answers;
mod freebit;
mod freebit_changes;
mod harness;
mod log;
mod network;
mod privacy;
mod pubsub_server;
mod raw;
mod resilience;
mod salesforce;
mod salesforce_cases;
mod salesforce_orders;
mod salesforce_records;
mod sentinels;
mod shapes;
mod whmcs;
mod whmcs_billing;
mod whmcs_writes;
