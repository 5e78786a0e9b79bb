//! Which sessions have ended, known within five seconds: told by the live bus at once, read from the database at the
//! latest.

use crate::error::ApiResult;
use domain::{SessionId, Timestamp};
use platform::Db;
use platform::store::sessions;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the database is believed. With the request itself it stays below five seconds.
const BELIEVED: Duration = Duration::from_secs(4);
/// Above this many entries the outdated ones are dropped.
const SWEEP_ABOVE: usize = 4096;

/// Recently checked sessions of this process.
pub(crate) struct EndedSessions(Mutex<HashMap<SessionId, Seen>>);

#[derive(Clone, Copy)]
struct Seen {
    alive: bool,
    at: Instant,
}

impl EndedSessions {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<SessionId, Seen>> {
        // A panic while holding the lock leaves a map that is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bus, or this process itself, says that a session has ended.
    pub(crate) fn ended(&self, session: SessionId) {
        self.seen().insert(session, Seen { alive: false, at: Instant::now() });
    }

    /// Messages of the bus were missed: believe nothing.
    pub(crate) fn forget_all(&self) {
        self.seen().clear();
    }

    /// Whether a session lives, at most five seconds late.
    ///
    /// # Errors
    /// When the database has to be asked and does not answer.
    pub(crate) async fn is_alive(&self, db: &Db, session: SessionId, now: Timestamp) -> ApiResult<bool> {
        let known = self.seen().get(&session).copied().filter(|seen| seen.at.elapsed() < BELIEVED);
        if let Some(seen) = known {
            return Ok(seen.alive);
        }
        let asked_at = Instant::now();
        let row = sessions::find(db.conn(), session).await?;
        let alive = row.is_some_and(|s| s.ended_at.is_none() && s.expires_at > now);
        let mut seen = self.seen();
        if seen.len() > SWEEP_ABOVE {
            seen.retain(|_, s| s.at.elapsed() < BELIEVED);
        }
        // An end that was announced while the database was asked is newer than its answer.
        let newer = seen.get(&session).is_some_and(|s| s.at >= asked_at && !s.alive);
        if newer {
            return Ok(false);
        }
        seen.insert(session, Seen { alive, at: asked_at });
        Ok(alive)
    }
}
