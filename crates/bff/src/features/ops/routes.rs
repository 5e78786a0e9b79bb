//! `/api/ops*`: for the operator's staff. Everybody else who is signed in gets 404, as for any unknown address.

use super::service;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::{CurrentStaff, Valid};
use crate::http::faults::faults;
use crate::state::Ctx;
use actix_web::{HttpResponse, get, post, web};
use domain::common::page::Page;
use domain::ops::contract::Retried;
use domain::ops::{
    AuditEntry, DriftView, JobAct, JobState, JobView, Overview, Reason, RetryDead, RunDetail, RunSummary, Settle,
};
use domain::orders::Stage;
use domain::{ErrorCode, OrderId, UserId};
use platform::store::ops;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(get_overview).service(list_runs).service(get_run).service(settle_run);
    cfg.service(list_jobs).service(retry_dead_jobs).service(retry_job).service(resume_job).service(discard_job);
    cfg.service(list_drift).service(list_audit);
}

faults! {
    ReadFaults: SignInNeeded, SessionEnded, NotFound;
    ListFaults: Unreadable, SignInNeeded, SessionEnded, NotFound, Invalid;
    ActFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, NotFound, JobStateChanged, RunUndecided,
        RequestInProgress, TooLarge, MediaTypeUnsupported, Invalid;
    BulkFaults: Unreadable, SignInNeeded, SessionEnded, OriginRefused, NotFound, TooLarge, MediaTypeUnsupported, Invalid;
}

/// Most pages that can be asked for; lists count no further than 10 000 items.
const LAST_PAGE: u32 = 200;

fn page_of(page: Option<u32>) -> ApiResult<u32> {
    let page = page.unwrap_or(1);
    if (1..=LAST_PAGE).contains(&page) {
        return Ok(page);
    }
    Err(ApiError::new(ErrorCode::Invalid).detail("The page must be from 1 to 200."))
}

/// A filter's text; an empty one is none, as a form sends it.
fn given(text: Option<&String>) -> Option<&str> {
    text.map(|t| t.trim()).filter(|t| !t.is_empty())
}

fn one_of<T>(text: Option<&String>, read: impl Fn(&str) -> Option<T>, pointer: &str) -> ApiResult<Option<T>> {
    let Some(text) = given(text) else { return Ok(None) };
    let unknown = || ApiError::new(ErrorCode::Invalid).at(pointer, "unknown_value", "Choose one of the list.");
    read(text).map(Some).ok_or_else(unknown)
}

/// The digits of an order number.
fn number_of(text: Option<&String>) -> ApiResult<Option<String>> {
    let digits = |t: &str| (t.len() <= 20 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.to_owned());
    one_of(text, digits, "/order")
}

/// How everything stands.
///
/// Queue, event stream, connected systems, stock, orders by stage. A few indexed reads; pages ask every five seconds.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])),
    responses((status = 200, description = "As of now.", body = Overview), ReadFaults)
)]
#[get("/api/ops/overview")]
async fn get_overview(ctx: Ctx, who: CurrentStaff) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(ops::overview(&ctx.db, &who.staff, ctx.clock.now()).await?))
}

#[derive(Deserialize)]
struct RunQuery {
    page: Option<u32>,
    stage: Option<String>,
    order: Option<String>,
}

/// Provisioning runs.
///
/// The last opened first, fifty on a page.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "From 1.", minimum = 1, maximum = 200),
        ("stage" = Option<String>, Query, description = "Stage of the order, such as `needs_attention`."),
        ("order" = Option<String>, Query, description = "The beginning of an order number."),
    ),
    responses((status = 200, description = "One page of runs.", body = Page<RunSummary>), ListFaults)
)]
#[get("/api/ops/runs")]
async fn list_runs(ctx: Ctx, who: CurrentStaff, query: web::Query<RunQuery>) -> ApiResult<HttpResponse> {
    let filter = ops::RunFilter {
        stage: one_of(query.stage.as_ref(), Stage::from_name, "/stage")?,
        number: number_of(query.order.as_ref())?,
    };
    let found = ops::runs(ctx.db.conn(), &who.staff, &filter, page_of(query.page)?).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// One run.
///
/// Every step with its times, the job, and what happened to the order.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The order's id.")),
    responses((status = 200, description = "The run.", body = RunDetail), ReadFaults)
)]
#[get("/api/ops/runs/{id}")]
async fn get_run(ctx: Ctx, who: CurrentStaff, id: web::Path<OrderId>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::run(&ctx, &who, *id).await?))
}

/// Settle a run by hand.
///
/// For an order that staff have put right in the other systems: nothing is sent, the order becomes active or rejected.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])), request_body = Settle,
    params(("id" = String, Path, format = Uuid, description = "The order's id.")),
    responses((status = 200, description = "The run.", body = RunDetail), ActFaults)
)]
#[post("/api/ops/runs/{id}/settle")]
async fn settle_run(
    ctx: Ctx,
    who: CurrentStaff,
    id: web::Path<OrderId>,
    body: Valid<Settle>,
) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::settle(&ctx, &who, *id, &body.0).await?))
}

#[derive(Deserialize)]
struct JobQuery {
    page: Option<u32>,
    state: Option<String>,
    kind: Option<String>,
}

/// Jobs.
///
/// The newest first, fifty on a page. Without a state: all that are neither done nor discarded.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "From 1.", minimum = 1, maximum = 200),
        ("state" = Option<String>, Query, description = "`ready`, `leased`, `done`, `dead`, `parked` or `discarded`."),
        ("kind" = Option<String>, Query, description = "Kind of job, such as `provision`."),
    ),
    responses((status = 200, description = "One page of jobs.", body = Page<JobView>), ListFaults)
)]
#[get("/api/ops/jobs")]
async fn list_jobs(ctx: Ctx, who: CurrentStaff, query: web::Query<JobQuery>) -> ApiResult<HttpResponse> {
    let filter = ops::JobFilter {
        state: one_of(query.state.as_ref(), JobState::from_name, "/state")?,
        kind: given(query.kind.as_ref()).map(str::to_owned),
    };
    let found = ops::jobs(ctx.db.conn(), &who.staff, &filter, page_of(query.page)?).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Retry every dead job of a kind.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])), request_body = RetryDead,
    responses((status = 200, description = "How many went back to work.", body = Retried), BulkFaults)
)]
#[post("/api/ops/jobs/retry-dead")]
async fn retry_dead_jobs(ctx: Ctx, who: CurrentStaff, body: Valid<RetryDead>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::retry_dead(&ctx, &who, &body.0).await?))
}

/// Retry a dead job.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, format = Uuid, description = "The job's id.")),
    responses((status = 200, description = "The job, ready.", body = JobView), ActFaults)
)]
#[post("/api/ops/jobs/{id}/retry")]
async fn retry_job(ctx: Ctx, who: CurrentStaff, id: web::Path<Uuid>, body: Valid<Reason>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::act(&ctx, &who, *id, JobAct::Retry, &body.0).await?))
}

/// Resume a parked job.
///
/// Also one that was discarded while its order is still open. The run looks before it sends anything again.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, format = Uuid, description = "The job's id.")),
    responses((status = 200, description = "The job, ready.", body = JobView), ActFaults)
)]
#[post("/api/ops/jobs/{id}/resume")]
async fn resume_job(ctx: Ctx, who: CurrentStaff, id: web::Path<Uuid>, body: Valid<Reason>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::act(&ctx, &who, *id, JobAct::Resume, &body.0).await?))
}

/// Discard a dead or parked job.
///
/// A run before its pivot goes back to work once more, takes back what it made, and its order is rejected. After the pivot
/// the order stays with staff.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, format = Uuid, description = "The job's id.")),
    responses((status = 200, description = "The job: discarded, or ready to take back.", body = JobView), ActFaults)
)]
#[post("/api/ops/jobs/{id}/discard")]
async fn discard_job(ctx: Ctx, who: CurrentStaff, id: web::Path<Uuid>, body: Valid<Reason>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::act(&ctx, &who, *id, JobAct::Discard, &body.0).await?))
}

#[derive(Deserialize)]
struct DriftQuery {
    page: Option<u32>,
    open: Option<bool>,
}

/// Differences with Salesforce.
///
/// What the comparison found: those that are still there first, then the newest.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "From 1.", minimum = 1, maximum = 200),
        ("open" = Option<bool>, Query, description = "`true`: only those that are there now."),
    ),
    responses((status = 200, description = "One page of differences.", body = Page<DriftView>), ListFaults)
)]
#[get("/api/ops/drift")]
async fn list_drift(ctx: Ctx, who: CurrentStaff, query: web::Query<DriftQuery>) -> ApiResult<HttpResponse> {
    let open = query.open.unwrap_or(false);
    Ok(HttpResponse::Ok().json(ops::drift(ctx.db.conn(), &who.staff, open, page_of(query.page)?).await?))
}

#[derive(Deserialize)]
struct AuditQuery {
    page: Option<u32>,
    kind: Option<String>,
    person: Option<String>,
    order: Option<String>,
}

/// The log of what happened.
///
/// The newest first, fifty on a page; counted up to 10 000.
#[utoipa::path(
    tag = "ops", security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "From 1.", minimum = 1, maximum = 200),
        ("kind" = Option<String>, Query, description = "A fact, such as `job_resumed`."),
        ("person" = Option<String>, Query, description = "Id of the person who did it."),
        ("order" = Option<String>, Query, description = "An order number."),
    ),
    responses((status = 200, description = "One page of facts.", body = Page<AuditEntry>), ListFaults)
)]
#[get("/api/ops/audit")]
async fn list_audit(ctx: Ctx, who: CurrentStaff, query: web::Query<AuditQuery>) -> ApiResult<HttpResponse> {
    let filter = ops::AuditFilter {
        kind: given(query.kind.as_ref()).map(str::to_owned),
        person: one_of(query.person.as_ref(), |t| t.parse::<UserId>().ok(), "/person")?,
        order: number_of(query.order.as_ref())?,
    };
    let found = ops::audit(ctx.db.conn(), &who.staff, &filter, page_of(query.page)?).await?;
    Ok(HttpResponse::Ok().json(found))
}
