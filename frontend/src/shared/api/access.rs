//! The access token and who it belongs to. The token lives in this module's memory only; the refresh token is an HttpOnly
//! cookie that no script can read.

use super::client::{self, Call};
use super::failure::{Failure, FailureKind};
use crate::shared::utils::browser;
use domain::auth::{Me, TokenReply};
use domain::common::paths;
use domain::{ErrorCode, UserId};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::RefCell;
use std::sync::LazyLock;

/// Who uses this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The first refresh has not answered yet.
    Unknown,
    Anonymous,
    SignedIn(Me),
}

impl Identity {
    pub const fn me(&self) -> Option<&Me> {
        match self {
            Self::SignedIn(me) => Some(me),
            Self::Unknown | Self::Anonymous => None,
        }
    }
    pub fn user(&self) -> Option<UserId> {
        self.me().map(|me| me.user_id)
    }
}

/// How a refresh ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    Renewed,
    /// The server knows no session (any more).
    Ended,
    /// No usable answer; the session may well live on.
    Unreachable,
}

type InFlight = Shared<LocalBoxFuture<'static, Refresh>>;

thread_local! {
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
    static IN_FLIGHT: RefCell<Option<InFlight>> = const { RefCell::new(None) };
    /// Rises with every token, so that a timer of an older one does nothing.
    static GENERATION: RefCell<u32> = const { RefCell::new(0) };
}
static IDENTITY: LazyLock<ArcRwSignal<Identity>> = LazyLock::new(|| ArcRwSignal::new(Identity::Unknown));

static REUSED: LazyLock<ArcRwSignal<bool>> = LazyLock::new(|| ArcRwSignal::new(false));

/// Whether the last session ended because its refresh token was used twice, tracked: somebody else may hold a copy.
pub fn was_reused() -> bool {
    REUSED.get()
}
/// Who is signed in, tracked.
pub fn identity() -> Identity {
    IDENTITY.get()
}
/// Who is signed in, without tracking.
pub fn identity_now() -> Identity {
    IDENTITY.get_untracked()
}

pub(super) fn token() -> Option<String> {
    TOKEN.with_borrow(Clone::clone)
}

/// Takes a new token into use and plans its renewal a minute before it ends.
pub fn accept(reply: TokenReply) {
    REUSED.set(false);
    TOKEN.set(Some(reply.access_token));
    let generation = GENERATION.with_borrow_mut(|g| {
        *g = g.wrapping_add(1);
        *g
    });
    let identity = Identity::SignedIn(reply.me);
    if IDENTITY.with_untracked(|now| *now != identity) {
        IDENTITY.set(identity);
    }
    let pause_ms = reply.expires_in.saturating_sub(60).max(5).saturating_mul(1000);
    spawn_local(async move {
        TimeoutFuture::new(pause_ms).await;
        if GENERATION.with_borrow(|g| *g == generation) {
            refresh().await;
        }
    });
}

/// Forgets token and person.
pub fn forget() {
    TOKEN.set(None);
    GENERATION.with_borrow_mut(|g| *g = g.wrapping_add(1));
    if IDENTITY.with_untracked(|now| *now != Identity::Anonymous) {
        IDENTITY.set(Identity::Anonymous);
    }
}

/// Asks for a new access token with the cookie. Callers at the same time share one request.
pub async fn refresh() -> Refresh {
    let running = IN_FLIGHT.with_borrow_mut(|slot| {
        slot.get_or_insert_with(|| {
            let future: LocalBoxFuture<'static, Refresh> = Box::pin(async {
                let outcome = renew().await;
                IN_FLIGHT.set(None);
                outcome
            });
            future.shared()
        })
        .clone()
    });
    running.await
}

async fn renew() -> Refresh {
    let before = GENERATION.with_borrow(|g| *g);
    let answer = client::attempt(&Call::post(paths::REFRESH)).await;
    let unchanged = GENERATION.with_borrow(|g| *g == before);
    match answer.and_then(|body| client::decode::<TokenReply>(&body)) {
        // Somebody signed in or out meanwhile: that is newer than this answer.
        _ if !unchanged => Refresh::Renewed,
        Ok(reply) => {
            accept(reply);
            Refresh::Renewed
        }
        Err(failure) if ends_session(&failure) => {
            REUSED.set(failure.is(ErrorCode::SessionReused));
            forget();
            Refresh::Ended
        }
        Err(_) => Refresh::Unreachable,
    }
}

const fn ends_session(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Refused(
            ErrorCode::SignInNeeded | ErrorCode::SessionEnded | ErrorCode::SessionReused | ErrorCode::OriginRefused
        )
    )
}

/// A fresh request id; also the reference shown when no answer comes.
pub(super) fn request_id() -> String {
    browser::random_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_ends_the_session() {
        for (kind, ends) in [
            (FailureKind::Refused(ErrorCode::SignInNeeded), true),
            (FailureKind::Refused(ErrorCode::SessionEnded), true),
            (FailureKind::Refused(ErrorCode::Unavailable), false),
            (FailureKind::Refused(ErrorCode::TooManyRequests), false),
            (FailureKind::NoAnswer, false),
            (FailureKind::Unreadable, false),
        ] {
            assert_eq!(ends_session(&Failure::new(kind, "")), ends, "{kind:?}");
        }
    }
}
