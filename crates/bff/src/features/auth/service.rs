//! Sign-out, and what every way in ends with: a session.

use super::cookie::{RefreshToken, SECRET_BYTES};
use super::ended::End;
use crate::error::{ApiError, ApiResult};
use crate::http::client::new_device;
use crate::http::extract::SignedInPerson;
use crate::http::scope;
use crate::state::Context;
use domain::auth::{Me, TokenReply};
use domain::common::pii::Pii;
use domain::{CustomerId, ErrorCode, SessionId, Timestamp, UserId};
use platform::bus::BusMessage;
use platform::clock::random_id;
use platform::store::accounts;
use platform::store::events::{self, DomainEvent};
use platform::store::mails::{self, Mail, MailFields, MailTemplate};
use platform::store::sessions::{self, Acquaintance, Session};
use rand::TryRngCore as _;
use sea_orm::ConnectionTrait;
use serde_json::json;

/// What a browser gets after signing in: the reply, and the token for its cookie.
pub(crate) struct SignedIn {
    pub(crate) reply: TokenReply,
    pub(crate) refresh: RefreshToken,
    /// Seconds until the session ends for good.
    pub(crate) seconds: i64,
    /// Value of the device cookie, for a browser that has none yet.
    pub(crate) device: Option<String>,
}

/// Ends the session of an access token or of a refresh cookie. Without either there is nothing to end.
pub(crate) async fn logout(ctx: &Context, user: Option<SignedInPerson>, token: Option<RefreshToken>) -> ApiResult<()> {
    if let Some(user) = user {
        end(ctx, user.session_id, user.user_id, user.customer_id, "signed_out", "signed_out").await?;
    }
    let Some(token) = token.filter(|t| user.is_none_or(|u| u.session_id != t.session_id)) else { return Ok(()) };
    let Some(session) = sessions::find(ctx.db.conn(), token.session_id).await? else { return Ok(()) };
    let hash = token.hash();
    if hash == session.token_hash || session.previous_hash.as_ref() == Some(&hash) {
        end(ctx, session.id, session.user_id, session.customer_id, "signed_out", "signed_out").await?;
    }
    Ok(())
}

/// Who is signed in.
///
/// # Errors
/// 401 when the account is gone.
pub(crate) async fn me(ctx: &Context, user: UserId, owner: Option<CustomerId>) -> ApiResult<Me> {
    accounts::me(ctx.db.conn(), user, owner).await?.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))
}

/// Ends a session everywhere: access tokens, refresh tokens, live connections.
pub(super) async fn end(
    ctx: &Context,
    session: SessionId,
    user: UserId,
    customer: Option<CustomerId>,
    reason: &str,
    event: &str,
) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if sessions::end(&tx, session, reason, now).await? {
        record(&tx, event, user, customer, json!({ "session": session }), now).await?;
    }
    tx.commit().await?;
    announce_ended(ctx, &[session], End::Ended).await;
    Ok(())
}

/// Says everywhere that sessions are over whose rows say so already.
pub(crate) async fn announce_ended(ctx: &Context, sessions: &[SessionId], end: End) {
    for session_id in sessions.iter().copied() {
        ctx.ended.mark(ctx, session_id, end).await;
        ctx.bus.send(BusMessage::SessionEnded { session_id }).await;
    }
}

/// Ends a family of which a token was used twice, and writes to its owner once.
pub(super) async fn end_reused(ctx: &Context, session: &Session) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if sessions::end(&tx, session.id, sessions::REUSED, now).await? {
        let data = json!({ "session": session.id });
        record(&tx, "refresh_reused", session.user_id, session.customer_id, data, now).await?;
        notify(
            &tx,
            session.user_id,
            MailTemplate::SessionReused,
            MailFields { at: Some(now), ..MailFields::default() },
            now,
        )
        .await?;
        metrics::counter!("refresh_reused_total").increment(1);
    }
    tx.commit().await?;
    announce_ended(ctx, &[session.id], End::Reused).await;
    Ok(())
}

/// Queues a notice to a person at their present address.
async fn notify<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    template: MailTemplate,
    fields: MailFields,
    now: Timestamp,
) -> ApiResult<()> {
    let Some((to, language)) = accounts::mail_address(conn, user).await? else { return Ok(()) };
    let mail = Mail { fields, person: Some(user), ..Mail::new(to, template, language) };
    mails::enqueue_in(conn, mail, scope::request_id(), now).await?;
    Ok(())
}

/// The reply for a session, with a fresh access token.
pub(super) fn reply(ctx: &Context, me: Me, session: SessionId, now: Timestamp) -> ApiResult<TokenReply> {
    let access_token = ctx
        .tokens
        .write(me.user_id, me.customer_id, session, now)
        .map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    Ok(TokenReply { access_token, expires_in: ctx.tokens.life_seconds(), me })
}

/// A first session of a new family.
///
/// # Errors
/// 500 when the person has neither an account nor a place among the staff.
pub(crate) async fn open_session<C: ConnectionTrait>(
    ctx: &Context,
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    now: Timestamp,
) -> ApiResult<SignedIn> {
    let expires_at = now.plus_seconds(i64::from(ctx.config.refresh_days) * 86_400);
    let device = meet_device(conn, user, customer, now).await?;
    let opened = open_until(ctx, conn, user, customer, expires_at, now).await?;
    Ok(SignedIn { device, ..opened })
}

/// Knows the browser again, or gives it the cookie by which it will be; writes to a person who has used others only.
async fn meet_device<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    now: Timestamp,
) -> ApiResult<Option<String>> {
    let client = scope::client();
    let (cookie, hash) = match client.device_hash {
        Some(hash) => (None, hash),
        None => {
            let (cookie, hash) = new_device(random_secret()?);
            (Some(cookie), hash)
        }
    };
    if sessions::meet_device(conn, user, &hash, now).await? == Acquaintance::New {
        record(conn, "new_device", user, customer, json!({ "device": client.device }), now).await?;
        let address = client.address.map(Pii::into_inner);
        let fields = MailFields { device: client.device, address, at: Some(now), ..MailFields::default() };
        notify(conn, user, MailTemplate::NewDevice, fields, now).await?;
    }
    Ok(cookie)
}

/// A session with a given end, for the browser of this request.
///
/// # Errors
/// Only the database's own.
pub(crate) async fn open_until<C: ConnectionTrait>(
    ctx: &Context,
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    expires_at: Timestamp,
    now: Timestamp,
) -> ApiResult<SignedIn> {
    let refresh = RefreshToken { session_id: SessionId(random_id()), secret: random_secret()? };
    let client = scope::client();
    let session = Session {
        id: refresh.session_id,
        user_id: user,
        customer_id: customer,
        device: client.device,
        address: client.address,
        last_used_at: now,
        generation: 0,
        token_hash: refresh.hash(),
        previous_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at,
        ended_at: None,
        verified_at: Some(now),
        end_reason: None,
    };
    sessions::insert(conn, &session).await?;
    let me = accounts::me(conn, user, customer).await?.ok_or_else(|| {
        ApiError::new(ErrorCode::Internal).caused_by("a session was opened for an account without the person")
    })?;
    let seconds = (expires_at.millis() - now.millis()) / 1000;
    Ok(SignedIn { reply: reply(ctx, me, session.id, now)?, refresh, seconds, device: None })
}

/// 256 bits of the operating system's randomness.
///
/// # Errors
/// 500 when the operating system has none.
pub(crate) fn random_secret() -> ApiResult<[u8; SECRET_BYTES]> {
    let mut secret = [0; SECRET_BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut secret).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    Ok(secret)
}

/// Writes a fact about a person into the log.
pub(crate) async fn record<C: ConnectionTrait>(
    conn: &C,
    kind: &str,
    user: UserId,
    customer: Option<CustomerId>,
    data: serde_json::Value,
    now: Timestamp,
) -> ApiResult<()> {
    let request_id = scope::request_id();
    let event = DomainEvent {
        kind,
        customer_id: customer,
        order_id: None,
        user_id: Some(user),
        request_id: request_id.as_deref(),
        data,
        ..DomainEvent::default()
    };
    Ok(events::append(conn, &event, now).await?)
}

pub(crate) fn trimmed(text: &Pii<String>) -> Pii<String> {
    Pii::new(text.reveal().trim().to_owned())
}

/// Postcodes are kept in the form that letters use: `100-0001`.
pub(crate) fn hyphenated(postcode: &Pii<String>) -> Pii<String> {
    let digits: String = postcode.reveal().chars().filter(char::is_ascii_digit).collect();
    Pii::new(match digits.split_at_checked(3) {
        Some((area, rest)) => format!("{area}-{rest}"),
        None => digits,
    })
}
