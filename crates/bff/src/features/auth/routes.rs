//! `/api/auth/*`.

use super::cookie::{self, RefreshToken};
use super::service::{self, SignedIn};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::SignedInPerson;
use crate::http::faults::faults;
use crate::state::{Context, Ctx};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::ErrorCode;
use domain::auth::{Me, TokenReply};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(refresh).service(logout).service(me);
}

faults! {
    RefreshFaults: SignInNeeded, SessionEnded, SessionReused, OriginRefused, RequestInProgress, TooManyRequests;
    LogoutFaults: OriginRefused;
    MeFaults: SignInNeeded, SessionEnded, SessionReused;
}

/// Stay signed in.
///
/// Takes the refresh cookie, answers with the next one and a new access token. Using a token twice ends the session.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, description = "A new access token.", body = TokenReply), RefreshFaults)
)]
#[post("/api/auth/refresh")]
async fn refresh(ctx: Ctx, request: HttpRequest) -> ApiResult<HttpResponse> {
    let token = RefreshToken::of(&request, &ctx.config).ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
    match super::refresh::refresh(&ctx, token).await {
        Ok(signed_in) => Ok(token_reply(&ctx, StatusCode::OK, &signed_in)),
        Err(error) if matches!(error.code(), ErrorCode::SessionEnded | ErrorCode::SessionReused) => {
            Err(forget_cookie(&ctx, error))
        }
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

/// The answer that signs a browser in.
pub(crate) fn token_reply(ctx: &Context, status: StatusCode, signed_in: &SignedIn) -> HttpResponse {
    let mut reply = HttpResponse::build(status);
    reply.append_header((header::SET_COOKIE, signed_in.refresh.cookie(&ctx.config, signed_in.seconds)));
    if let Some(device) = &signed_in.device {
        reply.append_header((header::SET_COOKIE, cookie::device(&ctx.config, device)));
    }
    reply.insert_header((header::CACHE_CONTROL, "no-store")).json(&signed_in.reply)
}

fn forget_cookie(ctx: &Context, error: ApiError) -> ApiError {
    match HeaderValue::from_str(&cookie::cleared(&ctx.config)) {
        Ok(value) => error.header(header::SET_COOKIE, value),
        Err(_) => error,
    }
}
