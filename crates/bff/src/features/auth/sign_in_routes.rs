//! `/api/auth/*` with more than a password, and asking again.

use super::routes::token_reply;
use super::service::SignedIn;
use super::{sign_in, verify};
use crate::error::ApiResult;
use crate::features::links::billing;
use crate::http::extract::{ClientIp, SignedInPerson, Valid};
use crate::http::faults::faults;
use crate::state::{Context, Ctx};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, post};
use domain::auth::sign_in::{Ceremony, LoginCode, PasskeyFinish, PasskeyStart, Verify};
use domain::auth::{Login, LoginReply, TokenReply};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(login)
        .service(login_code)
        .service(start_passkey)
        .service(finish_passkey)
        .service(verify_person)
        .service(start_verify_passkey)
        .service(finish_verify_passkey);
}

faults! {
    LoginFaults: Unreadable, CredentialsWrong, OriginRefused, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    CodeFaults: Unreadable, CodeWrong, ChallengeEnded, CredentialsWrong, OriginRefused, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    PasskeyFaults: Unreadable, PasskeyRefused, ChallengeEnded, CredentialsWrong, OriginRefused, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    VerifyFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    VerifyStartFaults: SignInNeeded, SessionEnded, PasskeyRefused, OriginRefused, VerificationNeeded, TooManyRequests;
    VerifyFinishFaults: Unreadable, SignInNeeded, SessionEnded, PasskeyRefused, ChallengeEnded, OriginRefused, TooLarge, MediaTypeUnsupported, Invalid;
}

/// Sign in.
///
/// Answers with a session, or with `second_factor` when this person has one. The refresh token comes as an HttpOnly cookie.
#[utoipa::path(
    tag = "auth", request_body = Login,
    responses((status = 200, description = "Signed in, or asked for a second factor.", body = LoginReply), LoginFaults)
)]
#[post("/api/auth/login")]
async fn login(ctx: Ctx, ip: ClientIp, form: Valid<Login>) -> ApiResult<HttpResponse> {
    match sign_in::login(&ctx, ip.0, form.0).await? {
        sign_in::Entered::SignedIn(signed_in) => Ok(entered(&ctx, *signed_in).await),
        sign_in::Entered::SecondFactor(second) => {
            let reply = LoginReply::from(second);
            Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(reply))
        }
    }
}

/// The code after the password.
#[utoipa::path(
    tag = "auth", request_body = LoginCode,
    responses((status = 200, description = "Signed in.", body = TokenReply), CodeFaults)
)]
#[post("/api/auth/login/code")]
async fn login_code(ctx: Ctx, ip: ClientIp, form: Valid<LoginCode>) -> ApiResult<HttpResponse> {
    let signed_in = sign_in::login_code(&ctx, ip.0, form.0).await?;
    Ok(entered(&ctx, signed_in).await)
}

/// Begin to sign in with a passkey.
///
/// Alone, or with the challenge of a right password as its second factor.
#[utoipa::path(
    tag = "auth", request_body = PasskeyStart,
    responses((status = 200, description = "What the authenticator is asked.", body = Ceremony), PasskeyFaults)
)]
#[post("/api/auth/passkey/start")]
async fn start_passkey(ctx: Ctx, form: Valid<PasskeyStart>) -> ApiResult<HttpResponse> {
    let asked = sign_in::start_passkey(&ctx, form.0).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(asked))
}

/// Sign in with a passkey.
#[utoipa::path(
    tag = "auth", request_body = PasskeyFinish,
    responses((status = 200, description = "Signed in.", body = TokenReply), PasskeyFaults)
)]
#[post("/api/auth/passkey/finish")]
async fn finish_passkey(ctx: Ctx, form: Valid<PasskeyFinish>) -> ApiResult<HttpResponse> {
    let signed_in = sign_in::finish_passkey(&ctx, form.0).await?;
    Ok(entered(&ctx, signed_in).await)
}

/// Show again who one is.
///
/// Good for ten minutes in this session. With a second factor switched on its code is needed, not the password.
#[utoipa::path(
    tag = "auth", security(("bearer" = [])), request_body = Verify,
    responses((status = 204, description = "Shown."), VerifyFaults)
)]
#[post("/api/auth/verify")]
async fn verify_person(ctx: Ctx, ip: ClientIp, person: SignedInPerson, form: Valid<Verify>) -> ApiResult<HttpResponse> {
    verify::verify(&ctx, ip.0, person, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Begin to show by passkey who one is.
#[utoipa::path(
    tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "What the authenticator is asked.", body = Ceremony), VerifyStartFaults)
)]
#[post("/api/auth/verify/passkey/start")]
async fn start_verify_passkey(ctx: Ctx, person: SignedInPerson) -> ApiResult<HttpResponse> {
    let asked = verify::start_passkey(&ctx, person).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(asked))
}

/// Show by passkey who one is.
#[utoipa::path(
    tag = "auth", security(("bearer" = [])), request_body = PasskeyFinish,
    responses((status = 204, description = "Shown."), VerifyFinishFaults)
)]
#[post("/api/auth/verify/passkey/finish")]
async fn finish_verify_passkey(
    ctx: Ctx,
    person: SignedInPerson,
    form: Valid<PasskeyFinish>,
) -> ApiResult<HttpResponse> {
    verify::finish_passkey(&ctx, person, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The answer to somebody who has come in, with how their link to billing stands.
async fn entered(ctx: &Context, mut signed_in: SignedIn) -> HttpResponse {
    signed_in.reply.me.billing_link = billing::at_sign_in(ctx, signed_in.reply.me.customer_id).await;
    token_reply(ctx, StatusCode::OK, &signed_in)
}
