//! Sign-up and sign-out, and what every way in shares.

use super::common_passwords;
use super::cookie::{RefreshToken, SECRET_BYTES};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::SignedInPerson;
use crate::http::scope;
use crate::state::Context;
use domain::auth::schema::normalise_email;
use domain::auth::{Me, Register, TokenReply};
use domain::common::pii::Pii;
use domain::customer::{Address, Customer};
use domain::{CustomerId, ErrorCode, FieldError, SessionId, Timestamp, UserId};
use platform::bus::BusMessage;
use platform::clock::{new_id, random_id};
use platform::store::events::{self, DomainEvent};
use platform::store::sessions::{self, Session};
use platform::store::{StoreError, accounts};
use rand::TryRngCore as _;
use sea_orm::ConnectionTrait;
use serde_json::json;

/// What a browser gets after signing in: the reply, and the token for its cookie.
pub(crate) struct SignedIn {
    pub(crate) reply: TokenReply,
    pub(crate) refresh: RefreshToken,
    /// Seconds until the session ends for good.
    pub(crate) seconds: i64,
}

/// Makes a person, their customer account and a first session.
///
/// # Errors
/// 422 `password_common`; 409 `email_taken`.
pub(crate) async fn register(ctx: &Context, form: Register) -> ApiResult<SignedIn> {
    if common_passwords::contains(form.password.reveal()) {
        let detail = "This password is among the first that are tried. Choose another one.";
        return Err(ApiError::invalid(vec![FieldError::new("/password", "password_common", detail)]));
    }
    let email = Pii::new(normalise_email(form.email.reveal()));
    let hash = ctx.passwords.hash(form.password).await?;
    let now = ctx.clock.now();
    let user_id = UserId(new_id());
    let customer_id = CustomerId(new_id());
    let tx = ctx.db.begin().await?;
    let account = Customer {
        id: customer_id,
        number: accounts::next_customer_number(&tx).await?,
        family_name: trimmed(&form.family_name),
        given_name: trimmed(&form.given_name),
        email,
        phone: trimmed(&form.phone),
        address: Address {
            postcode: hyphenated(&form.address.postcode),
            prefecture: trimmed(&form.address.prefecture),
            city: trimmed(&form.address.city),
            line1: trimmed(&form.address.line1),
            line2: trimmed(&form.address.line2),
        },
        salesforce_account_id: None,
        whmcs_client_id: None,
    };
    accounts::insert_owner(&tx, user_id, &account, &hash, form.language, now).await.map_err(|error| match error {
        StoreError::Taken(accounts::EMAIL) => {
            let detail = "Sign in, or use another mail address.";
            ApiError::new(ErrorCode::EmailTaken).at("/email", "email_taken", detail)
        }
        other => other.into(),
    })?;
    record(&tx, "registered", user_id, Some(customer_id), json!({}), now).await?;
    let opened = open_session(ctx, &tx, user_id, Some(customer_id), now).await?;
    tx.commit().await?;
    Ok(opened)
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
    ctx.ended.ended(session);
    ctx.bus.send(BusMessage::SessionEnded { session_id: session }).await;
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

pub(super) async fn open_session<C: ConnectionTrait>(
    ctx: &Context,
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    now: Timestamp,
) -> ApiResult<SignedIn> {
    let refresh = RefreshToken { session_id: SessionId(random_id()), secret: random_secret()? };
    let seconds = i64::from(ctx.config.refresh_days) * 86_400;
    let session = Session {
        id: refresh.session_id,
        user_id: user,
        customer_id: customer,
        generation: 0,
        token_hash: refresh.hash(),
        previous_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: now.plus_seconds(seconds),
        ended_at: None,
        verified_at: Some(now),
    };
    sessions::insert(conn, &session).await?;
    let me = accounts::me(conn, user, customer).await?.ok_or_else(|| {
        ApiError::new(ErrorCode::Internal)
            .caused_by("a person without an account or a place among the staff tried to sign in")
    })?;
    Ok(SignedIn { reply: reply(ctx, me, session.id, now)?, refresh, seconds })
}

/// 256 bits of the operating system's randomness.
///
/// # Errors
/// 500 when the operating system has none.
pub(super) fn random_secret() -> ApiResult<[u8; SECRET_BYTES]> {
    let mut secret = [0; SECRET_BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut secret).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    Ok(secret)
}

pub(super) async fn record<C: ConnectionTrait>(
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

fn trimmed(text: &Pii<String>) -> Pii<String> {
    Pii::new(text.reveal().trim().to_owned())
}

/// Postcodes are kept in the form that letters use: `100-0001`.
fn hyphenated(postcode: &Pii<String>) -> Pii<String> {
    let digits: String = postcode.reveal().chars().filter(char::is_ascii_digit).collect();
    Pii::new(match digits.split_at_checked(3) {
        Some((area, rest)) => format!("{area}-{rest}"),
        None => digits,
    })
}
