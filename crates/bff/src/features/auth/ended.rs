//! Which sessions live and what they may do, known within five seconds: told by the live bus at once, read from Redis
//! where it is configured, and from the database at the latest. The row is the truth: Redis answers in its place for two
//! seconds at most, and without Redis the row is asked.

use crate::error::ApiResult;
use crate::http::scope;
use crate::state::Context;
use domain::auth::{Lines, Role};
use domain::{CustomerId, ErrorCode, ServiceId, SessionId, Timestamp};
use platform::redis::Redis;
use platform::store::sessions::{self, Checked};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the database is believed. With the request itself it stays below five seconds.
const BELIEVED: Duration = Duration::from_secs(4);
/// The same with Redis between: an answer may have waited there as long again.
const BELIEVED_BEHIND_REDIS: Duration = Duration::from_secs(2);
/// How long Redis keeps that a session lives.
const IN_REDIS: Duration = Duration::from_secs(2);
/// An answer of the database that took longer is too old for others.
const QUICK: Duration = Duration::from_millis(300);
/// How long Redis keeps that a session has ended: as long as its access tokens may live.
const TOMBSTONE: Duration = Duration::from_secs(15 * 60);
/// Above this many entries the outdated ones are dropped.
const SWEEP_ABOVE: usize = 4096;

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Alive(Access),
    Ended(End),
}

/// Why a session is over, as far as its owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    Ended,
    /// One of its refresh tokens was used twice.
    Reused,
}

impl End {
    pub(crate) fn of(reason: Option<&str>) -> Self {
        if reason == Some(sessions::REUSED) { Self::Reused } else { Self::Ended }
    }

    pub(crate) const fn code(self) -> ErrorCode {
        match self {
            Self::Ended => ErrorCode::SessionEnded,
            Self::Reused => ErrorCode::SessionReused,
        }
    }
}

/// What a living session may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) customer_id: Option<CustomerId>,
    /// Role and lines in that account.
    pub(crate) member: Option<(Role, Arc<Lines>)>,
    /// Unused or old by then.
    until: Timestamp,
}

/// Recently checked sessions of this process.
pub(crate) struct EndedSessions(Mutex<HashMap<SessionId, Seen>>);

#[derive(Clone)]
struct Seen {
    /// `None`: it has ended, and the reason is still to be read.
    standing: Option<Standing>,
    at: Instant,
}

/// How a session stands, as Redis keeps it.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<End>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<ServiceId>>,
    until: Timestamp,
}

impl EndedSessions {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<SessionId, Seen>> {
        // A panic while holding the lock leaves a map that is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bus says that a session has ended.
    pub(crate) fn ended(&self, session: SessionId) {
        self.seen().insert(session, Seen { standing: None, at: Instant::now() });
    }

    /// This process has ended a session.
    pub(crate) async fn mark(&self, ctx: &Context, session: SessionId, end: End) {
        self.seen().insert(session, Seen { standing: Some(Standing::Ended(end)), at: Instant::now() });
        let Some(redis) = &ctx.redis else { return };
        let stored = Stored { end: Some(end), customer: None, role: None, lines: None, until: Timestamp(0) };
        // Not written, the two seconds of an older entry run out.
        if let Ok(text) = serde_json::to_string(&stored) {
            let _ = redis.set(&key(session), &text, TOMBSTONE).await;
        }
    }

    /// What members of an account may do has changed; `sessions` are those that act for it and are known to live.
    pub(crate) async fn access_changed(&self, ctx: &Context, customer: CustomerId, sessions: &[SessionId]) {
        self.forget_account(customer);
        let Some(redis) = &ctx.redis else { return };
        for session in sessions {
            let _ = redis.remove(&key(*session)).await;
        }
    }

    /// Believe nothing about sessions that act for this account.
    pub(crate) fn forget_account(&self, customer: CustomerId) {
        self.seen()
            .retain(|_, seen| !matches!(&seen.standing, Some(Standing::Alive(a)) if a.customer_id == Some(customer)));
    }

    /// Messages of the bus were missed: believe nothing.
    pub(crate) fn forget_all(&self) {
        self.seen().clear();
    }

    /// How a session stands, at most five seconds late.
    ///
    /// # Errors
    /// When the database has to be asked and does not answer.
    pub(crate) async fn look_up(&self, ctx: &Context, session: SessionId) -> ApiResult<Standing> {
        let now = ctx.clock.now();
        let believed = if ctx.redis.is_some() { BELIEVED_BEHIND_REDIS } else { BELIEVED };
        let known = self.seen().get(&session).filter(|seen| seen.at.elapsed() < believed).cloned();
        let was_told = known.as_ref().is_some_and(|seen| seen.standing.is_none());
        if let Some(standing) = known.and_then(|seen| seen.standing) {
            return Ok(standing.at(now));
        }
        let asked_at = Instant::now();
        let standing = match from_redis(ctx, session).await {
            Some(standing) if !was_told => standing,
            _ => from_row(ctx, session, asked_at, now).await?,
        };
        // What the bus said is newer than any answer.
        let standing =
            if was_told && matches!(standing, Standing::Alive(_)) { Standing::Ended(End::Ended) } else { standing };
        let mut seen = self.seen();
        if seen.len() > SWEEP_ABOVE {
            seen.retain(|_, s| s.at.elapsed() < BELIEVED);
        }
        // An end that was announced while somebody was asked is newer than the answer.
        let newer = seen.get(&session).filter(|s| s.at >= asked_at && !matches!(s.standing, Some(Standing::Alive(_))));
        if let Some(newer) = newer {
            return Ok(newer.standing.clone().unwrap_or(Standing::Ended(End::Ended)));
        }
        seen.insert(session, Seen { standing: Some(standing.clone()), at: asked_at });
        Ok(standing.at(now))
    }
}

impl Standing {
    /// The same at a later time.
    fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Alive(access) if access.until <= now => Self::Ended(End::Ended),
            other => other,
        }
    }
}

async fn from_row(ctx: &Context, id: SessionId, asked_at: Instant, now: Timestamp) -> ApiResult<Standing> {
    let idle_ms = ctx.config.idle_ms();
    let standing = match sessions::check(ctx.db.conn(), id).await? {
        None => Standing::Ended(End::Ended),
        Some(Checked { session, member }) => {
            let outside = session.customer_id.is_some() && member.is_none();
            if outside || !session.lives(idle_ms, now) {
                Standing::Ended(End::of(session.end_reason.as_deref()))
            } else {
                let client = scope::client();
                // A use that is not written costs a line in a list, not the request.
                let used = match sessions::touch(ctx.db.conn(), &session, client.address.as_ref(), now).await {
                    Ok(true) => now,
                    Ok(false) => session.last_used_at,
                    Err(error) => {
                        tracing::warn!(%error, "the use of a session could not be written");
                        session.last_used_at
                    }
                };
                let until = session.expires_at.min(used.plus_millis(idle_ms));
                let member = member.map(|(role, lines)| (role, Arc::new(lines)));
                Standing::Alive(Access { customer_id: session.customer_id, member, until })
            }
        }
    };
    if let Some(redis) = &ctx.redis
        && asked_at.elapsed() < QUICK
    {
        keep(redis, id, &standing).await;
    }
    Ok(standing)
}

async fn from_redis(ctx: &Context, session: SessionId) -> Option<Standing> {
    // An entry that cannot be read, like Redis itself, is no reason to sign anybody out.
    let text = ctx.redis.as_ref()?.get::<String>(&key(session)).await.ok()??;
    let stored: Stored = serde_json::from_str(&text).ok()?;
    if let Some(end) = stored.end {
        return Some(Standing::Ended(end));
    }
    let lines = stored.lines.map_or(Lines::All, Lines::Only);
    let member = stored.role.map(|role| (role, Arc::new(lines)));
    Some(Standing::Alive(Access { customer_id: stored.customer, member, until: stored.until }))
}

async fn keep(redis: &Redis, session: SessionId, standing: &Standing) {
    // An end is kept by whoever makes it; what is only too old needs no entry.
    let Standing::Alive(access) = standing else { return };
    let lines = access.member.as_ref().and_then(|(_, lines)| match lines.as_ref() {
        Lines::All => None,
        Lines::Only(given) => Some(given.clone()),
    });
    let role = access.member.as_ref().map(|(role, _)| *role);
    let stored = Stored { end: None, customer: access.customer_id, role, lines, until: access.until };
    if let Ok(text) = serde_json::to_string(&stored) {
        // Only where nothing is: the end of a session must not be covered by an answer that was asked for before it.
        let _ = redis.set_new(&key(session), &text, IN_REDIS).await;
    }
}

fn key(session: SessionId) -> String {
    format!("session:1:{session}")
}
