//! What a request can reach: the shared parts given by the executable, and this process's own.

use crate::config::Config;
use crate::features::auth::ended::EndedSessions;
use crate::features::auth::factors::passkeys::relying_party;
use crate::features::auth::factors::vault::Vault;
use crate::features::auth::password::Passwords;
use crate::features::auth::token::Tokens;
use crate::features::live::connections::Connections;
use crate::http::limits::Limits;
use platform::redis::Redis;
use platform::{Bus, Cache, Clock, Db};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Semaphore, watch};
use webauthn_rs::Webauthn;

/// Parts that the executable makes. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub db: Db,
    pub cache: Cache,
    pub bus: Bus,
    pub clock: Clock,
    pub redis: Option<Redis>,
    pub salesforce: integrations::salesforce::Client,
    pub whmcs: integrations::whmcs::Client,
    pub freebit: integrations::freebit::Client,
    pub config: Arc<Config>,
    /// Set while the process stops: not ready, connections end, requests finish.
    pub draining: Arc<AtomicBool>,
}

/// Most orders being placed at a time in this process.
pub(crate) const MOST_PLACINGS: u32 = 256;

/// One per process; every handler gets it.
pub(crate) struct Context {
    state: AppState,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    /// Secrets that are stored encrypted.
    pub(crate) vault: Vault,
    /// Passkeys; `None` where the portal has no host name.
    pub(crate) webauthn: Option<Webauthn>,
    pub(crate) ended: EndedSessions,
    pub(crate) limits: Limits,
    pub(crate) connections: Connections,
    /// Where work goes on when its request is gone: the runtime that outlives the HTTP workers.
    pub(crate) runtime: tokio::runtime::Handle,
    /// A permit for each order being placed; all are free when none is.
    pub(crate) placings: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

/// How handlers name it.
pub(crate) type Ctx = actix_web::web::Data<Context>;

impl Context {
    /// Must be called inside the runtime that lives as long as the process.
    pub(crate) fn new(state: AppState) -> anyhow::Result<Self> {
        let config = Arc::clone(&state.config);
        Ok(Self {
            tokens: Tokens::new(&config)?,
            passwords: Passwords::new(config.passwords)?,
            vault: Vault::new(&config)?,
            webauthn: relying_party(&config)?,
            ended: EndedSessions::new(),
            limits: Limits::new(&config, state.redis.clone()),
            connections: Connections::new(),
            runtime: tokio::runtime::Handle::current(),
            placings: Arc::new(Semaphore::new(MOST_PLACINGS as usize)),
            stopping: watch::Sender::new(false),
            state,
        })
    }

    /// Turns readiness off and asks every live connection to end.
    pub(crate) fn stop(&self) {
        self.draining.store(true, Ordering::SeqCst);
        self.stopping.send_replace(true);
    }

    /// Becomes `true` when the process stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}

impl Deref for Context {
    type Target = AppState;
    fn deref(&self) -> &AppState {
        &self.state
    }
}
