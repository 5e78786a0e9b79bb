//! `/api/auth/*`.

use super::cookie::{self, RefreshToken};
use super::service::{self, SignedIn};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::{ClientIp, SignedInPerson, Valid};
use crate::http::faults::faults;
use crate::http::limits::Key;
use crate::state::{Context, Ctx};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::ErrorCode;
use domain::auth::{Me, Register, TokenReply};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(register).service(refresh).service(logout).service(me);
}

faults! {
    RegisterFaults: Unreadable, OriginRefused, EmailTaken, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    RefreshFaults: SignInNeeded, SessionEnded, OriginRefused, RequestInProgress, TooManyRequests;
    LogoutFaults: OriginRefused;
    MeFaults: SignInNeeded, SessionEnded;
}

/// Sign up.
///
/// Makes a person with a customer account and signs them in. The refresh token comes as an HttpOnly cookie.
#[utoipa::path(
    tag = "auth", request_body = Register,
    responses((status = 201, description = "Signed up and signed in.", body = TokenReply), RegisterFaults)
)]
#[post("/api/auth/register")]
async fn register(ctx: Ctx, ip: ClientIp, form: Valid<Register>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    let signed_in = service::register(&ctx, form.0).await?;
    Ok(token_reply(&ctx, StatusCode::CREATED, &signed_in))
}

/// Stay signed in.
///
/// Takes the refresh cookie, answers with the next one and a new access token. Using a token twice ends the session.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, description = "A new access token.", body = TokenReply), RefreshFaults)
)]
#[post("/api/auth/refresh")]
async fn refresh(ctx: Ctx, ip: ClientIp, request: HttpRequest) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Refresh(ip.0))?;
    let token = RefreshToken::of(&request, &ctx.config).ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
    match super::refresh::refresh(&ctx, token).await {
        Ok(signed_in) => Ok(token_reply(&ctx, StatusCode::OK, &signed_in)),
        Err(error) if error.code() == ErrorCode::SessionEnded => Err(forget_cookie(&ctx, error)),
        Err(error) => Err(error),
    }
}

/// Sign out.
///
/// Ends the session at once, also its live connections. Signing out twice is fine.
#[utoipa::path(tag = "auth", responses((status = 204, description = "Signed out."), LogoutFaults))]
#[post("/api/auth/logout")]
async fn logout(ctx: Ctx, user: Option<SignedInPerson>, request: HttpRequest) -> ApiResult<HttpResponse> {
    service::logout(&ctx, user, RefreshToken::of(&request, &ctx.config)).await?;
    Ok(HttpResponse::NoContent().insert_header((header::SET_COOKIE, cookie::cleared(&ctx.config))).finish())
}

/// Who am I?
#[utoipa::path(
    tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The signed-in person.", body = Me), MeFaults)
)]
#[get("/api/auth/me")]
async fn me(ctx: Ctx, user: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::me(&ctx, user.user_id, user.customer_id).await?))
}

pub(super) fn token_reply(ctx: &Context, status: StatusCode, signed_in: &SignedIn) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::SET_COOKIE, signed_in.refresh.cookie(&ctx.config, signed_in.seconds)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(&signed_in.reply)
}

fn forget_cookie(ctx: &Context, error: ApiError) -> ApiError {
    match HeaderValue::from_str(&cookie::cleared(&ctx.config)) {
        Ok(value) => error.header(header::SET_COOKIE, value),
        Err(_) => error,
    }
}
