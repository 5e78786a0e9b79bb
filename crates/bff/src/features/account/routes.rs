//! `/api/account/activity`, `/api/account/data*`, `/api/account/close`.

use super::service;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::{CurrentUser, RecentlyVerified, SignedInPerson};
use crate::http::faults::faults;
use crate::state::Ctx;
use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, post, web};
use domain::account::{Activity, ClosePlan, DataCopy};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(list_activity).service(get_copy).service(ask_copy).service(download_copy);
    cfg.service(get_closing).service(ask_closing).service(withdraw_closing);
}

faults! {
    ActivityFaults: Unreadable, SignInNeeded, SessionEnded, Invalid;
    ReadFaults: SignInNeeded, SessionEnded;
    AskFaults: SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded;
    DownloadFaults: SignInNeeded, SessionEnded, OriginRefused, VerificationNeeded, NotFound;
    PlanFaults: SignInNeeded, SessionEnded, NoCustomerAccount;
    CloseFaults: SignInNeeded, SessionEnded, NoCustomerAccount, OriginRefused, VerificationNeeded, CloseRefused;
    WithdrawFaults: SignInNeeded, SessionEnded, NoCustomerAccount, OriginRefused, NotFound;
}

#[derive(Deserialize)]
struct ActivityQuery {
    before: Option<String>,
}

/// What happened?
///
/// Every sensitive act of mine and on my account, newest first, thirty on a page.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("before" = Option<String>, Query, description = "`next` of the page before.")),
    responses((status = 200, description = "One page.", body = Activity), ActivityFaults)
)]
#[get("/api/account/activity")]
async fn list_activity(ctx: Ctx, who: SignedInPerson, query: web::Query<ActivityQuery>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::activity(&ctx, who, query.before.as_deref()).await?))
}

/// How does the copy of my data stand?
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "Its state.", body = DataCopy), ReadFaults)
)]
#[get("/api/account/data")]
async fn get_copy(ctx: Ctx, who: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::copy(&ctx, who).await?))
}

/// Ask for a copy of my data.
///
/// Gathered in the background; asking again while one waits changes nothing.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 202, description = "Being gathered, or ready.", body = DataCopy), AskFaults)
)]
#[post("/api/account/data")]
async fn ask_copy(ctx: Ctx, who: RecentlyVerified) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Accepted().json(service::ask_copy(&ctx, who.0).await?))
}

/// Fetch the copy, once.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses(
        (status = 200, description = "Everything that the portal holds of me.", body = serde_json::Value, content_type = "application/json"),
        DownloadFaults
    )
)]
#[post("/api/account/data/download")]
async fn download_copy(ctx: Ctx, who: RecentlyVerified) -> ApiResult<HttpResponse> {
    let content = service::download(&ctx, who.0).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\""))
        .content_type("application/json")
        .body(content.into_inner()))
}

/// What would closing the account mean?
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "What stands against it, what stays by law.", body = ClosePlan), PlanFaults)
)]
#[get("/api/account/close")]
async fn get_closing(ctx: Ctx, user: CurrentUser) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::plan(&ctx, user).await?))
}

/// Close the account.
///
/// In fourteen days; until then it can be withdrawn.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 202, description = "Waiting.", body = ClosePlan), CloseFaults)
)]
#[post("/api/account/close")]
async fn ask_closing(ctx: Ctx, _recently: RecentlyVerified, user: CurrentUser) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Accepted().json(service::ask_closing(&ctx, user).await?))
}

/// Keep the account after all.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "Withdrawn.", body = ClosePlan), WithdrawFaults)
)]
#[delete("/api/account/close")]
async fn withdraw_closing(ctx: Ctx, user: CurrentUser) -> ApiResult<HttpResponse> {
    if !service::withdraw(&ctx, user).await? {
        return Err(ApiError::not_found());
    }
    Ok(HttpResponse::Ok().json(service::plan(&ctx, user).await?))
}
