//! `/api/webhooks`, for machines: signed, without session and without Origin.

use super::service;
use crate::error::ApiResult;
use crate::http::extract::Body;
use crate::http::faults::faults;
use crate::state::Ctx;
use actix_web::{HttpRequest, HttpResponse, post};
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
async fn take_whmcs_webhook(ctx: Ctx, request: HttpRequest, body: Body) -> ApiResult<HttpResponse> {
    service::take_whmcs(&ctx, request.headers(), &body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
