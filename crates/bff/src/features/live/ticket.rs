//! One-time tickets: a WebSocket has no Authorization header, and a token in an address ends up in logs.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentUser;
use crate::state::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::live::LiveTicket;
use domain::{CustomerId, ErrorCode, SessionId};
use platform::store::sessions;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};

/// How long a ticket waits for its connection, seconds.
const LIFE_SECONDS: i64 = 30;

/// A fresh ticket for this session.
pub(super) async fn issue(ctx: &Context, user: CurrentUser) -> ApiResult<LiveTicket> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    let expires_at = ctx.clock.now().plus_seconds(LIFE_SECONDS);
    let ticket = URL_SAFE_NO_PAD.encode(secret);
    let hash = Sha256::digest(ticket.as_bytes());
    sessions::insert_ticket(&user.db(ctx), &hash, user.session_id, user.owner(), expires_at).await?;
    Ok(LiveTicket { ticket, expires_at })
}

/// Whose ticket it is. It is gone afterwards, whatever the answer.
pub(super) async fn redeem(ctx: &Context, ticket: &str) -> ApiResult<Option<(SessionId, CustomerId)>> {
    let hash = Sha256::digest(ticket.as_bytes());
    Ok(sessions::take_ticket(ctx.db.conn(), &hash, ctx.clock.now()).await?)
}
