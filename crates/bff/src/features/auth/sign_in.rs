//! Signing in: by password, by password and a second factor, by passkey alone. One function for each step.

use super::factors::passkeys::{self, STEP_SECONDS};
use super::factors::use_code;
use super::guard::{Subject, Try};
use super::notices::{Notice, notify};
use super::password::Verdict;
use super::service::{SignedIn, open_session, record};
use crate::error::{ApiError, ApiResult};
use crate::http::limits::Key;
use crate::state::Context;
use domain::auth::schema::normalise_email;
use domain::auth::sign_in::{Ceremony, LoginCode, PasskeyFinish, PasskeyStart, SecondFactor};
use domain::auth::{Factor, Login};
use domain::{CustomerId, ErrorCode, SessionId, UserId};
use platform::store::mails::FactorChange;
use platform::store::passkeys::{Ceremony as Question, Purpose};
use platform::store::{Connection, accounts, second_factors};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;

/// What came of a right password.
pub(crate) enum Entered {
    SignedIn(Box<SignedIn>),
    SecondFactor(SecondFactor),
}

/// Checks mail address and password. Without a second factor that opens a session.
///
/// # Errors
/// 401 `credentials_wrong`, the same for an unknown address and after the same work; 429 while the account or the address is
/// locked after wrong tries, whatever the password.
pub(crate) async fn login(ctx: &Context, ip: IpAddr, form: Login) -> ApiResult<Entered> {
    let email = normalise_email(form.email.reveal());
    ctx.limits.check(&Key::Account(Sha256::digest(email.as_bytes()).into()))?;
    let attempt = Try::begin(ctx, Subject::Password(&email), ip).await?;
    let found = accounts::credentials(ctx.db.conn(), &email).await?;
    let stored = found.as_ref().map(|c| c.password_hash.clone());
    let verdict = match ctx.passwords.verify(form.password.clone(), stored).await {
        Ok(verdict) => verdict,
        Err(error) => {
            attempt.withdrawn(ctx).await?;
            return Err(error);
        }
    };
    let Some(person) = found.filter(|_| verdict != Verdict::Wrong) else {
        attempt.failed(ctx).await?;
        metrics::counter!("sign_in_total", "outcome" => "wrong").increment(1);
        return Err(ApiError::new(ErrorCode::CredentialsWrong));
    };
    metrics::counter!("sign_in_total", "outcome" => "right").increment(1);
    let renewed = match verdict {
        Verdict::RightButOld => Some(ctx.passwords.hash(form.password).await?),
        Verdict::Right | Verdict::Wrong => None,
    };
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    attempt.succeeded(&tx).await?;
    if let Some(hash) = renewed {
        accounts::set_password_hash(&tx, person.user_id, &hash).await?;
    }
    let factors = second_factors::of(&tx, person.user_id).await?;
    if factors.is_empty() {
        let opened = enter(ctx, &tx, person.user_id, person.customer_id, Factor::Password).await?;
        tx.commit().await?;
        return Ok(Entered::SignedIn(Box::new(opened)));
    }
    let (challenge, hash) = passkeys::new_token()?;
    let ends = now.plus_seconds(i64::from(STEP_SECONDS));
    second_factors::insert_challenge(&tx, &hash, person.user_id, ends, now).await?;
    tx.commit().await?;
    Ok(Entered::SecondFactor(SecondFactor { challenge, factors, expires_in: STEP_SECONDS }))
}

/// The code after the password.
///
/// # Errors
/// 401 `challenge_ended` when the password has to be given again, 401 `code_wrong`, 429 while the person's codes are locked.
pub(crate) async fn login_code(ctx: &Context, ip: IpAddr, form: LoginCode) -> ApiResult<SignedIn> {
    let ended = || ApiError::new(ErrorCode::ChallengeEnded);
    let challenge = passkeys::token_hash(form.challenge.reveal());
    let user = second_factors::challenged(ctx.db.conn(), &challenge, ctx.clock.now()).await?.ok_or_else(ended)?;
    let attempt = Try::begin(ctx, Subject::Codes(user), ip).await?;
    let now = ctx.clock.now();
    if !second_factors::take_try(ctx.db.conn(), &challenge, now).await? {
        attempt.withdrawn(ctx).await?;
        return Err(ended());
    }
    let tx = ctx.db.begin().await?;
    let Some(factor) = use_code(ctx, &tx, user, &form.code, now).await? else {
        tx.rollback().await?;
        attempt.failed(ctx).await?;
        metrics::counter!("sign_in_total", "outcome" => "wrong_code").increment(1);
        return Err(ApiError::new(ErrorCode::CodeWrong));
    };
    // What is rolled back with it is the use of the code: another request has opened the session.
    if !second_factors::end_challenge(&tx, &challenge, now).await? {
        tx.rollback().await?;
        return Err(ended());
    }
    attempt.succeeded(&tx).await?;
    let customer = entry(&tx, user).await?;
    let opened = enter(ctx, &tx, user, customer, factor).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Asks for a passkey: anybody's, or, after the password, this person's.
///
/// # Errors
/// 401 `challenge_ended` for a second step that has ended.
pub(crate) async fn start_passkey(ctx: &Context, form: PasskeyStart) -> ApiResult<Ceremony> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let asked = if let Some(challenge) = form.challenge {
        let hash = passkeys::token_hash(challenge.reveal());
        let user = second_factors::challenged(&tx, &hash, now).await?;
        let user = user.ok_or_else(|| ApiError::new(ErrorCode::ChallengeEnded))?;
        let question = Question { challenge_hash: Some(hash), ..question(Purpose::SecondFactor, Some(user), None) };
        passkeys::ask_person(ctx, &tx, question, user, now).await?
    } else {
        passkeys::ask_anybody(ctx, &tx, question(Purpose::SignIn, None, None), now).await?
    };
    tx.commit().await?;
    Ok(asked)
}

/// Opens a session for whoever's passkey has answered.
///
/// # Errors
/// 401 `challenge_ended` or `passkey_refused`.
pub(crate) async fn finish_passkey(ctx: &Context, form: PasskeyFinish) -> ApiResult<SignedIn> {
    let now = ctx.clock.now();
    // Taken for good, whatever comes of it: an answer is looked at once.
    let purposes = [Purpose::SignIn, Purpose::SecondFactor];
    let question = passkeys::take(ctx.db.conn(), &form.ceremony, &purposes, now).await?;
    let tx = ctx.db.begin().await?;
    let answered = passkeys::answered(ctx, &tx, &question, form.credential, now).await;
    let user =
        answered.inspect_err(|_| metrics::counter!("sign_in_total", "outcome" => "wrong_passkey").increment(1))?;
    if let Some(challenge) = &question.challenge_hash
        && !second_factors::end_challenge(&tx, challenge, now).await?
    {
        return Err(ApiError::new(ErrorCode::ChallengeEnded));
    }
    let customer = entry(&tx, user).await?;
    let opened = enter(ctx, &tx, user, customer, Factor::Passkey).await?;
    tx.commit().await?;
    Ok(opened)
}

/// A question yet without its state.
pub(super) fn question(purpose: Purpose, user_id: Option<UserId>, session_id: Option<SessionId>) -> Question {
    Question { purpose, user_id, session_id, challenge_hash: None, state: json!(null) }
}

/// The account that the session will act for.
async fn entry<C: Connection>(conn: &C, user: UserId) -> ApiResult<Option<CustomerId>> {
    let entry = accounts::entry(conn, user).await?;
    entry.ok_or_else(|| ApiError::new(ErrorCode::CredentialsWrong))
}

async fn enter<C: Connection>(
    ctx: &Context,
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    by: Factor,
) -> ApiResult<SignedIn> {
    let now = ctx.clock.now();
    record(conn, "signed_in", user, customer, json!({ "by": by }), now).await?;
    let opened = open_session(ctx, conn, user, customer, now).await?;
    if by == Factor::Recovery {
        notify(conn, user, customer, Notice::Factor(FactorChange::RecoveryCodeUsed), now).await?;
    }
    Ok(opened)
}
