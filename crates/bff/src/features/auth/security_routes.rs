//! `/api/account/*` about signing in: password, authenticator app, recovery codes, passkeys.

use super::security;
use crate::error::ApiResult;
use crate::http::extract::{ClientIp, RecentlyVerified, SignedInPerson, Valid};
use crate::http::faults::faults;
use crate::state::Ctx;
use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use domain::PasskeyId;
use domain::auth::sign_in::{
    Ceremony, ChangePassword, NewPasskey, PasskeyAdded, RecoveryCodes, RenamePasskey, Security, TotpConfirm, TotpOff,
    TotpSecret,
};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(get_security)
        .service(change_password)
        .service(start_totp)
        .service(confirm_totp)
        .service(switch_totp_off)
        .service(renew_recovery_codes)
        .service(start_new_passkey)
        .service(finish_new_passkey)
        .service(rename_passkey)
        .service(remove_passkey);
}

faults! {
    ReadFaults: SignInNeeded, SessionEnded;
    ChangePasswordFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    StartTotpFaults: SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded, SecondFactorChanged;
    ConfirmTotpFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded, SecondFactorChanged, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    TotpOffFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, SecondFactorChanged, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    StartPasskeyFaults: SignInNeeded, SessionEnded, PasskeyRefused, OriginRefused, VerificationNeeded, Invalid;
    FinishPasskeyFaults: Unreadable, SignInNeeded, SessionEnded, ChallengeEnded, PasskeyRefused, OriginRefused, VerificationNeeded, TooLarge, MediaTypeUnsupported, Invalid;
    RenameFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, NotFound, TooLarge, MediaTypeUnsupported, Invalid;
    RemoveFaults: SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded, NotFound;
}

/// A reply that no cache may keep.
fn secret(reply: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(reply)
}

/// How is my sign-in set up?
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "Password, authenticator app, recovery codes, passkeys.", body = Security), ReadFaults)
)]
#[get("/api/account/security")]
async fn get_security(ctx: Ctx, person: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(security::security(&ctx, person).await?))
}

/// Change the password.
///
/// Every other session of the person ends.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = ChangePassword,
    responses((status = 204, description = "Changed."), ChangePasswordFaults)
)]
#[post("/api/account/password")]
async fn change_password(
    ctx: Ctx,
    ip: ClientIp,
    person: RecentlyVerified,
    form: Valid<ChangePassword>,
) -> ApiResult<HttpResponse> {
    security::change_password(&ctx, ip.0, person.0, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Begin with an authenticator app.
///
/// Nothing is switched on before a code of it has come.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "The secret for the app.", body = TotpSecret), StartTotpFaults)
)]
#[post("/api/account/totp/start")]
async fn start_totp(ctx: Ctx, person: RecentlyVerified) -> ApiResult<HttpResponse> {
    Ok(secret(&security::start_totp(&ctx, person.0).await?))
}

/// Switch the authenticator app on.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = TotpConfirm,
    responses((status = 200, description = "On. The recovery codes are shown this once.", body = RecoveryCodes), ConfirmTotpFaults)
)]
#[post("/api/account/totp/confirm")]
async fn confirm_totp(
    ctx: Ctx,
    ip: ClientIp,
    person: RecentlyVerified,
    form: Valid<TotpConfirm>,
) -> ApiResult<HttpResponse> {
    Ok(secret(&security::confirm_totp(&ctx, ip.0, person.0, form.0).await?))
}

/// Switch the authenticator app off.
///
/// Asks for the password and for a code of the app or on paper in the same request.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = TotpOff,
    responses((status = 204, description = "Off."), TotpOffFaults)
)]
#[post("/api/account/totp/off")]
async fn switch_totp_off(
    ctx: Ctx,
    ip: ClientIp,
    person: SignedInPerson,
    form: Valid<TotpOff>,
) -> ApiResult<HttpResponse> {
    security::totp_off(&ctx, ip.0, person, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// New recovery codes.
///
/// Those before are worth nothing any more.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "Ten codes, shown this once.", body = RecoveryCodes), StartTotpFaults)
)]
#[post("/api/account/recovery-codes")]
async fn renew_recovery_codes(ctx: Ctx, person: RecentlyVerified) -> ApiResult<HttpResponse> {
    Ok(secret(&security::renew_recovery_codes(&ctx, person.0).await?))
}

/// Begin with a new passkey.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "What the authenticator is asked.", body = Ceremony), StartPasskeyFaults)
)]
#[post("/api/account/passkeys/start")]
async fn start_new_passkey(ctx: Ctx, person: RecentlyVerified) -> ApiResult<HttpResponse> {
    Ok(secret(&security::start_passkey(&ctx, person.0).await?))
}

/// Keep the new passkey.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = NewPasskey,
    responses((status = 201, description = "Kept.", body = PasskeyAdded), FinishPasskeyFaults)
)]
#[post("/api/account/passkeys/finish")]
async fn finish_new_passkey(ctx: Ctx, person: RecentlyVerified, form: Valid<NewPasskey>) -> ApiResult<HttpResponse> {
    let added = security::finish_passkey(&ctx, person.0, form.0).await?;
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(added))
}

/// Call a passkey something else.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = RenamePasskey,
    params(("id" = uuid::Uuid, Path, description = "The passkey.")),
    responses((status = 204, description = "Renamed."), RenameFaults)
)]
#[patch("/api/account/passkeys/{id}")]
async fn rename_passkey(
    ctx: Ctx,
    person: SignedInPerson,
    id: web::Path<PasskeyId>,
    form: Valid<RenamePasskey>,
) -> ApiResult<HttpResponse> {
    security::rename_passkey(&ctx, person, id.into_inner(), form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Remove a passkey.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The passkey.")),
    responses((status = 204, description = "Removed."), RemoveFaults)
)]
#[delete("/api/account/passkeys/{id}")]
async fn remove_passkey(ctx: Ctx, person: RecentlyVerified, id: web::Path<PasskeyId>) -> ApiResult<HttpResponse> {
    security::remove_passkey(&ctx, person.0, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
