//! `/api/subscriptions*`.

use super::service;
use crate::error::ApiResult;
use crate::http::extract::{CurrentUser, OwnLines};
use crate::http::faults::faults;
use crate::state::Ctx;
use actix_web::{HttpResponse, get, web};
use domain::ServiceId;
use domain::subscriptions::contract::{SubscriptionDetail, SubscriptionList};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(list_subscriptions).service(get_subscription);
}

faults! {
    ListFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, UpstreamUnavailable, UpstreamGarbled;
    GetFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, NotFound, UpstreamUnavailable, UpstreamGarbled;
}

/// My services.
#[utoipa::path(
    tag = "subscriptions", security(("bearer" = [])),
    responses((status = 200, description = "All services, the newest first.", body = SubscriptionList), ListFaults)
)]
#[get("/api/subscriptions")]
async fn list_subscriptions(ctx: Ctx, user: CurrentUser, lines: OwnLines) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::list(&ctx, user, &lines.0).await?))
}

/// One service.
///
/// The carrier's part has a state of its own: it may be unavailable while the rest is shown.
#[utoipa::path(
    tag = "subscriptions", security(("bearer" = [])),
    params(("id" = u64, Path, description = "The service's id.")),
    responses((status = 200, description = "The service with its line.", body = SubscriptionDetail), GetFaults)
)]
#[get("/api/subscriptions/{id}")]
async fn get_subscription(ctx: Ctx, user: CurrentUser, id: web::Path<ServiceId>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::detail(&ctx, user, *id).await?))
}
