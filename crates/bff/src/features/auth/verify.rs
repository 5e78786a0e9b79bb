//! Asking again who somebody is, before an act that matters. Written into the session's row, so that every process knows it.

use super::factors::{passkeys, use_code};
use super::guard::{Subject, Try};
use super::password::Verdict;
use super::service::record;
use super::sign_in::question;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::SignedInPerson;
use crate::state::Context;
use domain::auth::Factor;
use domain::auth::sign_in::{Ceremony, PasskeyFinish, Verify};
use domain::common::pii::Pii;
use domain::{ErrorCode, FieldError, Timestamp, UserId};
use platform::store::passkeys::Purpose;
use platform::store::{Connection, passwords, second_factors, sessions};
use serde_json::json;
use std::net::IpAddr;

/// How a person can show again who they are. With a second factor the password alone does not do.
pub(crate) async fn methods<C: Connection>(conn: &C, user: UserId) -> ApiResult<Vec<Factor>> {
    let factors = second_factors::of(conn, user).await?;
    Ok(if factors.is_empty() { vec![Factor::Password] } else { factors })
}

/// 403 that names them.
pub(crate) async fn needed<C: Connection>(conn: &C, user: UserId) -> ApiResult<ApiError> {
    Ok(ApiError::new(ErrorCode::VerificationNeeded).methods(methods(conn, user).await?))
}

/// Takes a password or a code once more.
///
/// # Errors
/// 422 at the field that is wrong; 403 `verification_needed` when this person needs something else; 429 while locked.
pub(crate) async fn verify(ctx: &Context, ip: IpAddr, person: SignedInPerson, form: Verify) -> ApiResult<()> {
    let methods = methods(ctx.db.conn(), person.user_id).await?;
    let fits = match (&form.password, &form.code) {
        (Some(_), _) => methods.contains(&Factor::Password),
        (None, _) => methods.contains(&Factor::Totp) || methods.contains(&Factor::Recovery),
    };
    if !fits {
        return Err(ApiError::new(ErrorCode::VerificationNeeded).methods(methods));
    }
    if let Some(password) = form.password {
        let right = check_password(ctx, ip, person.user_id, password, "/password").await?;
        let now = ctx.clock.now();
        let tx = ctx.db.begin().await?;
        right.succeeded(&tx).await?;
        verified(&tx, person, Factor::Password, now).await?;
        return Ok(tx.commit().await?);
    }
    let code = form.code.unwrap_or_default();
    let attempt = Try::begin(ctx, Subject::Codes(person.user_id), ip).await?;
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let Some(factor) = use_code(ctx, &tx, person.user_id, &code, now).await? else {
        tx.rollback().await?;
        attempt.failed(ctx).await?;
        return Err(wrong_code());
    };
    attempt.succeeded(&tx).await?;
    verified(&tx, person, factor, now).await?;
    Ok(tx.commit().await?)
}

/// Asks for one of the person's passkeys.
///
/// # Errors
/// 403 `verification_needed` when they have none.
pub(crate) async fn start_passkey(ctx: &Context, person: SignedInPerson) -> ApiResult<Ceremony> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if !methods(&tx, person.user_id).await?.contains(&Factor::Passkey) {
        return Err(needed(&tx, person.user_id).await?);
    }
    let question = question(Purpose::Verify, Some(person.user_id), Some(person.session_id));
    let asked = passkeys::ask_person(ctx, &tx, question, person.user_id, now).await?;
    tx.commit().await?;
    Ok(asked)
}

/// # Errors
/// 401 `challenge_ended`, also for a question of another session; 401 `passkey_refused`.
pub(crate) async fn finish_passkey(ctx: &Context, person: SignedInPerson, form: PasskeyFinish) -> ApiResult<()> {
    let now = ctx.clock.now();
    let question = passkeys::take(ctx.db.conn(), &form.ceremony, &[Purpose::Verify], now).await?;
    if question.session_id != Some(person.session_id) {
        return Err(ApiError::new(ErrorCode::ChallengeEnded));
    }
    let tx = ctx.db.begin().await?;
    passkeys::answered(ctx, &tx, &question, form.credential, now).await?;
    verified(&tx, person, Factor::Passkey, now).await?;
    Ok(tx.commit().await?)
}

/// Compares a signed-in person's password. The try stays counted as failed until the caller says that all went well.
///
/// # Errors
/// 422 at `pointer`; 429 while locked.
pub(super) async fn check_password(
    ctx: &Context,
    ip: IpAddr,
    user: UserId,
    password: Pii<String>,
    pointer: &str,
) -> ApiResult<Try> {
    let stored = passwords::find(ctx.db.conn(), user).await?;
    let stored = stored.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
    let attempt = Try::begin(ctx, Subject::Password(stored.email.reveal()), ip).await?;
    match ctx.passwords.verify(password, Some(stored.hash)).await {
        Ok(Verdict::Right | Verdict::RightButOld) => Ok(attempt),
        Ok(Verdict::Wrong) => {
            attempt.failed(ctx).await?;
            Err(ApiError::invalid(vec![FieldError::new(pointer, "password_wrong", "This is not your password.")]))
        }
        Err(error) => {
            attempt.withdrawn(ctx).await?;
            Err(error)
        }
    }
}

pub(super) fn wrong_code() -> ApiError {
    let detail = "This code is wrong or was already used.";
    ApiError::invalid(vec![FieldError::new("/code", "code_wrong", detail)])
}

async fn verified<C: Connection>(conn: &C, person: SignedInPerson, by: Factor, now: Timestamp) -> ApiResult<()> {
    sessions::verify(conn, person.session_id, now).await?;
    record(conn, "verified", person.user_id, person.customer_id, json!({ "by": by }), now).await
}
