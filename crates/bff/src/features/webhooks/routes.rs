//! `/api/webhooks`, for machines: signed, without session and without Origin.

use super::service;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::ClientIp;
use crate::http::faults::faults;
use crate::http::limits::Key;
use crate::state::Ctx;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use domain::ErrorCode;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(take_whmcs_webhook);
}

faults! { WebhookFaults: Unreadable, NotAllowed, NotFound, TooLarge, TooManyRequests, Unavailable; }

/// Tell that something changed in billing.
///
/// For the hook file in WHMCS. `X-Whmcs-Signature` is `sha256=` and the hex HMAC-SHA256 of `X-Whmcs-Timestamp`, a dot and the
/// body; the time may be off by five minutes. An `eventId` that was taken before does nothing and is answered the same.
/// 404 when no secret is set up.
#[utoipa::path(
    tag = "webhooks",
    request_body(content_type = "application/json", description = "`event` (name of the hook), `eventId` (UUID), `occurredAt`, `data`."),
    params(
        ("X-Whmcs-Timestamp" = i64, Header, description = "Seconds since the Unix epoch."),
        ("X-Whmcs-Signature" = String, Header, description = "`sha256=` and 64 hex digits.")
    ),
    responses((status = 204, description = "Taken."), WebhookFaults)
)]
#[post("/api/webhooks/whmcs")]
async fn take_whmcs_webhook(
    ctx: Ctx,
    ip: ClientIp,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Webhooks(ip.0))?;
    let body = body.map_err(|error| match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(ErrorCode::TooLarge),
        _ => ApiError::new(ErrorCode::Unreadable),
    })?;
    service::take_whmcs(&ctx, request.headers(), &body).await?;
    Ok(HttpResponse::NoContent().finish())
}
