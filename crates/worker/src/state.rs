//! What every part of the worker needs.

use crate::config::Config;
use crate::engine::Engine;
use crate::provisioning::Sent;
use integrations::{freebit, salesforce, whmcs};
use platform::queue::Wake;
use platform::{Bus, Clock, Db};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Cheap to clone.
#[derive(Clone)]
pub struct WorkerState {
    pub db: Db,
    pub bus: Bus,
    pub wake: Wake,
    pub clock: Clock,
    pub salesforce: salesforce::Client,
    pub events: salesforce::events::Subscriber,
    pub whmcs: whmcs::Client,
    pub freebit: freebit::Client,
    pub config: Arc<Config>,
    /// Calls of this process whose outcome may be open.
    pub sent: Sent,
    /// This process among the workers.
    pub name: Arc<str>,
    /// No other process has this name or works on this database: what it held when it died is free at once.
    pub sole: bool,
    /// Set when the process stops: claim nothing new, stop at the next step border.
    pub stopping: CancellationToken,
}

impl WorkerState {
    /// The engine that works on this state's queue.
    pub fn engine(&self) -> Engine {
        Engine {
            db: self.db.clone(),
            wake: self.wake.clone(),
            name: Arc::clone(&self.name),
            slots: self.config.slots as usize,
            lease: self.config.lease,
            stop_limit: self.config.stop_limit,
            stopping: self.stopping.clone(),
        }
    }
}
