//! Rotation of refresh tokens (RFC 9700 section 4.14.2). Each token derives its successor, so a repeat of the one just
//! used, after a lost answer or from a second tab, gets the same successor. Anything older ends the whole family.

use super::cookie::{RefreshToken, SECRET_BYTES};
use super::ended::End;
use super::service::{self, SignedIn};
use crate::error::{ApiError, ApiResult};
use crate::http::scope;
use crate::state::Context;
use domain::{ErrorCode, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use platform::store::sessions::{self, Session};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How long the immediate parent is still accepted, milliseconds.
const GRACE_MS: i64 = 10_000;

/// What a presented token is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The newest one: it moves the family on.
    Current,
    /// The one before, within its grace: it gets the successor that is already there.
    Parent,
    /// Older, unknown or too late: somebody has a copy.
    Reused,
}

/// The next refresh token and a new access token.
///
/// # Errors
/// 401 `session_ended` when the family has ended; 401 `session_reused` when it has, or does, because a token was used
/// twice.
pub(crate) async fn refresh(ctx: &Context, token: RefreshToken) -> ApiResult<SignedIn> {
    let ended = || ApiError::new(ErrorCode::SessionEnded);
    // Twice: the first look may lose the race against another tab, the second one then finds the parent's grace.
    for _ in 0..3 {
        let now = ctx.clock.now();
        let session = sessions::find(ctx.db.conn(), token.session_id).await?.ok_or_else(ended)?;
        if !session.lives(ctx.config.idle_ms(), now) {
            return Err(ApiError::new(End::of(session.end_reason.as_deref()).code()));
        }
        match standing(&session, &token.hash(), now) {
            Standing::Current => {
                let next = successor(&ctx.config.refresh_key, &token, session.generation)?;
                let address = scope::client().address;
                if sessions::rotate(ctx.db.conn(), &session, &next.hash(), address.as_ref(), now).await? {
                    return signed_in(ctx, &session, next, now).await;
                }
            }
            Standing::Parent => {
                // Another process may still, or already, derive with the other key.
                for key in
                    [Some(&ctx.config.refresh_key), ctx.config.previous_refresh_key.as_ref()].into_iter().flatten()
                {
                    let next = successor(key, &token, session.generation - 1)?;
                    if same(&next.hash(), &session.token_hash) {
                        return signed_in(ctx, &session, next, now).await;
                    }
                }
                // Neither key: the newest token was given to somebody who has it, so the family lives on.
                return Err(ended().caused_by("a successor could not be derived again"));
            }
            Standing::Reused => {
                tracing::warn!(session.id = %session.id, "a refresh token was used twice; its family ends");
                service::end_reused(ctx, &session).await?;
                return Err(ApiError::new(ErrorCode::SessionReused));
            }
        }
    }
    Err(ApiError::new(ErrorCode::RequestInProgress).retry_after(1))
}

async fn signed_in(ctx: &Context, session: &Session, refresh: RefreshToken, now: Timestamp) -> ApiResult<SignedIn> {
    let me = service::me(ctx, session.user_id, session.customer_id).await?;
    let seconds = (session.expires_at.millis() - now.millis()) / 1000;
    Ok(SignedIn { reply: service::reply(ctx, me, session.id, now)?, refresh, seconds, device: None })
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn standing(session: &Session, hash: &[u8], now: Timestamp) -> Standing {
    let in_grace = now.millis() - session.rotated_at.millis() <= GRACE_MS;
    if same(hash, &session.token_hash) {
        Standing::Current
    } else if in_grace && session.previous_hash.as_deref().is_some_and(|p| same(hash, p)) {
        Standing::Parent
    } else {
        Standing::Reused
    }
}

fn successor(key: &SecretString, parent: &RefreshToken, generation: i64) -> ApiResult<RefreshToken> {
    let key = key.expose_secret().as_bytes();
    let internal = |e| ApiError::new(ErrorCode::Internal).caused_by(format!("refresh key: {e}"));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(internal)?;
    mac.update(&parent.secret);
    mac.update(&generation.to_be_bytes());
    let secret: [u8; SECRET_BYTES] = mac.finalize().into_bytes().into();
    Ok(RefreshToken { session_id: parent.session_id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{CustomerId, SessionId, UserId};

    #[test]
    fn only_the_newest_token_and_briefly_its_parent_count() {
        let id = uuid::Uuid::from_u128(1);
        let session = Session {
            id: SessionId(id),
            user_id: UserId(id),
            customer_id: Some(CustomerId(id)),
            device: None,
            address: None,
            last_used_at: Timestamp(100_000),
            generation: 4,
            token_hash: vec![4; 32],
            previous_hash: Some(vec![3; 32]),
            rotated_at: Timestamp(100_000),
            created_at: Timestamp(0),
            expires_at: Timestamp(1_000_000),
            ended_at: None,
            verified_at: None,
            end_reason: None,
        };
        let at = |hash: u8, ms| standing(&session, &[hash; 32], Timestamp(ms));
        assert_eq!(at(4, 100_000), Standing::Current);
        assert_eq!(at(4, 900_000), Standing::Current);
        assert_eq!(at(3, 100_000 + GRACE_MS), Standing::Parent);
        assert_eq!(at(3, 100_001 + GRACE_MS), Standing::Reused);
        assert_eq!(at(2, 100_000), Standing::Reused);
    }
}
