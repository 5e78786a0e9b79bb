//! The settings of one's own sign-in: password, authenticator app, recovery codes, passkeys.

use super::common_passwords;
use super::ended::End;
use super::factors::{passkeys, recovery, totp, use_code};
use super::guard::{Subject, Try};
use super::notices::{Notice, notify};
use super::service::announce_ended;
use super::sign_in::question;
use super::verify::{check_password, wrong_code};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::SignedInPerson;
use crate::state::Context;
use domain::auth::Factor;
use domain::auth::sign_in::{
    Ceremony, ChangePassword, NewPasskey, Passkey, PasskeyAdded, RecoveryCodes, RenamePasskey, Security, TotpConfirm,
    TotpOff, TotpSecret,
};
use domain::common::pii::Pii;
use domain::{ErrorCode, FieldError, PasskeyId, UserId};
use platform::clock::new_id;
use platform::store::mails::FactorChange;
use platform::store::passkeys::{Purpose, Stored};
use platform::store::{Connection, StoreError, passkeys as keys, passwords, second_factors, sessions};
use std::net::IpAddr;

/// Most passkeys of one person.
const MOST_PASSKEYS: usize = 20;

fn changed() -> ApiError {
    ApiError::new(ErrorCode::SecondFactorChanged)
}

/// How the person's sign-in is set up.
pub(crate) async fn security(ctx: &Context, person: SignedInPerson) -> ApiResult<Security> {
    let conn = ctx.db.conn();
    let stored = passwords::find(conn, person.user_id).await?;
    let stored = stored.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
    Ok(Security {
        password_changed_at: stored.changed_at,
        totp_on: second_factors::of(conn, person.user_id).await?.contains(&Factor::Totp),
        recovery_codes_left: second_factors::recovery_codes_left(conn, person.user_id).await?,
        passkeys: keys::all(conn, person.user_id).await?.into_iter().map(|p| p.shown).collect(),
    })
}

/// Sets a new password. Every other session of the person ends.
///
/// # Errors
/// 422 at the field; 429 while the password is locked after wrong tries.
pub(crate) async fn change_password(
    ctx: &Context,
    ip: IpAddr,
    person: SignedInPerson,
    form: ChangePassword,
) -> ApiResult<()> {
    common_passwords::refuse(form.new.reveal(), "/new")?;
    if form.new == form.current {
        let detail = "This is the password that you have. Choose another one.";
        return Err(ApiError::invalid(vec![FieldError::new("/new", "password_same", detail)]));
    }
    let right = check_password(ctx, ip, person.user_id, form.current, "/current").await?;
    let hash = ctx.passwords.hash(form.new).await?;
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    right.succeeded(&tx).await?;
    passwords::change(&tx, person.user_id, &hash, now).await?;
    let others = sessions::end_others(&tx, person.user_id, person.session_id, "password_changed", now).await?;
    notify(&tx, person.user_id, person.customer_id, Notice::PasswordChanged, now).await?;
    tx.commit().await?;
    announce_ended(ctx, &others, End::Ended).await;
    Ok(())
}

/// Makes a secret for an authenticator app. It counts when a code of it has come.
///
/// # Errors
/// 409 `second_factor_changed` when an app is switched on.
pub(crate) async fn start_totp(ctx: &Context, person: SignedInPerson) -> ApiResult<TotpSecret> {
    let stored = passwords::find(ctx.db.conn(), person.user_id).await?;
    let stored = stored.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
    let host = ctx.config.public_url.host_str().unwrap_or("portal");
    let (secret, shown) = totp::new_secret(host, stored.email.reveal())?;
    let sealed = totp::seal(ctx, person.user_id, &secret)?;
    if !second_factors::begin_totp(ctx.db.conn(), person.user_id, &sealed, ctx.clock.now()).await? {
        return Err(changed());
    }
    Ok(shown)
}

/// Switches the authenticator app on; new recovery codes come with it.
///
/// # Errors
/// 422 for a wrong code, 409 when nothing waits for one, 429 while codes are locked.
pub(crate) async fn confirm_totp(
    ctx: &Context,
    ip: IpAddr,
    person: SignedInPerson,
    form: TotpConfirm,
) -> ApiResult<RecoveryCodes> {
    let user = person.user_id;
    let sealed = second_factors::totp(ctx.db.conn(), user, false).await?.ok_or_else(changed)?;
    let attempt = Try::begin(ctx, Subject::Codes(user), ip).await?;
    let now = ctx.clock.now();
    let secret = totp::open(ctx, user, &sealed)?.secret;
    let code = domain::auth::sign_in::normalise_code(form.code.reveal());
    let Some(step) = totp::step_of(&secret, &code, now)? else {
        attempt.failed(ctx).await?;
        return Err(wrong_code());
    };
    let tx = ctx.db.begin().await?;
    attempt.succeeded(&tx).await?;
    if !second_factors::confirm_totp(&tx, user, &sealed, step, now).await? {
        return Err(changed());
    }
    let codes = new_recovery_codes(&tx, user).await?;
    notify(&tx, user, person.customer_id, Notice::Factor(FactorChange::TotpOn), now).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Switches the authenticator app off, by password and a code of the app or on paper.
///
/// # Errors
/// 422 at the field that is wrong, 409 when none is on, 429 while locked.
pub(crate) async fn totp_off(ctx: &Context, ip: IpAddr, person: SignedInPerson, form: TotpOff) -> ApiResult<()> {
    let user = person.user_id;
    if second_factors::totp(ctx.db.conn(), user, true).await?.is_none() {
        return Err(changed());
    }
    let password = check_password(ctx, ip, user, form.password, "/password").await?;
    let attempt = Try::begin(ctx, Subject::Codes(user), ip).await?;
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if use_code(ctx, &tx, user, &form.code, now).await?.is_none() {
        tx.rollback().await?;
        password.withdrawn(ctx).await?;
        attempt.failed(ctx).await?;
        return Err(wrong_code());
    }
    password.succeeded(&tx).await?;
    attempt.succeeded(&tx).await?;
    if !second_factors::remove_totp(&tx, user).await? {
        return Err(changed());
    }
    forget_codes_of_nothing(&tx, user).await?;
    notify(&tx, user, person.customer_id, Notice::Factor(FactorChange::TotpOff), now).await?;
    Ok(tx.commit().await?)
}

/// Ten new recovery codes; those before are worth nothing.
///
/// # Errors
/// 409 `second_factor_changed` when there is no second factor that they could stand in for.
pub(crate) async fn renew_recovery_codes(ctx: &Context, person: SignedInPerson) -> ApiResult<RecoveryCodes> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if second_factors::of(&tx, person.user_id).await?.is_empty() {
        return Err(changed());
    }
    let codes = new_recovery_codes(&tx, person.user_id).await?;
    notify(&tx, person.user_id, person.customer_id, Notice::Factor(FactorChange::RecoveryCodesRenewed), now).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Asks an authenticator for a new passkey.
///
/// # Errors
/// 422 when the person has as many as one may have.
pub(crate) async fn start_passkey(ctx: &Context, person: SignedInPerson) -> ApiResult<Ceremony> {
    let now = ctx.clock.now();
    let stored = passwords::find(ctx.db.conn(), person.user_id).await?;
    let stored = stored.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
    let tx = ctx.db.begin().await?;
    if keys::all(&tx, person.user_id).await?.len() >= MOST_PASSKEYS {
        let full = FieldError::new("", "passkeys_full", "Remove a passkey that you no longer use first.");
        return Err(ApiError::invalid(vec![full]));
    }
    let question = question(Purpose::Register, Some(person.user_id), Some(person.session_id));
    let email = stored.email.reveal();
    let asked = passkeys::ask_for_new(ctx, &tx, question, person.user_id, email, now).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Keeps the passkey that was made. With the first second factor come recovery codes.
///
/// # Errors
/// 401 `challenge_ended`, also for a question of another session; 401 `passkey_refused`.
pub(crate) async fn finish_passkey(ctx: &Context, person: SignedInPerson, form: NewPasskey) -> ApiResult<PasskeyAdded> {
    let now = ctx.clock.now();
    let question = passkeys::take(ctx.db.conn(), &form.ceremony, &[Purpose::Register], now).await?;
    if question.session_id != Some(person.session_id) {
        return Err(ApiError::new(ErrorCode::ChallengeEnded));
    }
    let (credential, credential_id) = passkeys::made(ctx, question, form.credential)?;
    let name = Pii::new(form.name.reveal().trim().to_owned());
    let shown = Passkey { id: PasskeyId(new_id()), name, created_at: now, last_used_at: None };
    let new = Stored { shown: shown.clone(), user_id: person.user_id, credential };
    let tx = ctx.db.begin().await?;
    let is_first = second_factors::of(&tx, person.user_id).await?.is_empty();
    keys::insert(&tx, &new, &credential_id).await.map_err(|error| match error {
        StoreError::Taken(keys::CREDENTIAL) => ApiError::new(ErrorCode::PasskeyRefused).caused_by("registered before"),
        other => other.into(),
    })?;
    let codes = if is_first { new_recovery_codes(&tx, person.user_id).await?.recovery_codes } else { Vec::new() };
    notify(&tx, person.user_id, person.customer_id, Notice::Factor(FactorChange::PasskeyAdded), now).await?;
    tx.commit().await?;
    Ok(PasskeyAdded { passkey: shown, recovery_codes: codes })
}

/// # Errors
/// 404 when it is not the person's.
pub(crate) async fn rename_passkey(
    ctx: &Context,
    person: SignedInPerson,
    id: PasskeyId,
    form: RenamePasskey,
) -> ApiResult<()> {
    let renamed = keys::rename(ctx.db.conn(), person.user_id, id, form.name.reveal().trim()).await?;
    if renamed { Ok(()) } else { Err(ApiError::not_found()) }
}

/// # Errors
/// 404 when it is not the person's.
pub(crate) async fn remove_passkey(ctx: &Context, person: SignedInPerson, id: PasskeyId) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if !keys::remove(&tx, person.user_id, id).await? {
        return Err(ApiError::not_found());
    }
    forget_codes_of_nothing(&tx, person.user_id).await?;
    notify(&tx, person.user_id, person.customer_id, Notice::Factor(FactorChange::PasskeyRemoved), now).await?;
    Ok(tx.commit().await?)
}

async fn new_recovery_codes<C: Connection>(conn: &C, user: UserId) -> ApiResult<RecoveryCodes> {
    let (recovery_codes, hashes) = recovery::new_codes()?;
    second_factors::replace_recovery_codes(conn, user, &hashes).await?;
    Ok(RecoveryCodes { recovery_codes })
}

/// Recovery codes go with the last second factor.
async fn forget_codes_of_nothing<C: Connection>(conn: &C, user: UserId) -> ApiResult<()> {
    if second_factors::of(conn, user).await?.is_empty() {
        second_factors::replace_recovery_codes(conn, user, &[]).await?;
    }
    Ok(())
}
