//! `/health/*` and `/metrics`.

use crate::error::{ApiError, ApiResult};
use crate::http::faults::faults;
use crate::state::{Context, Ctx};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get};
use domain::ErrorCode;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(get_liveness).service(get_readiness).service(get_metrics);
}

faults! {
    LiveFaults:;
    ReadyFaults: Unavailable;
    MetricsFaults: NotAllowed;
}

/// Longest wait for the database in a probe.
const PROBE_WAIT: Duration = Duration::from_secs(3);

/// The state of something that the portal depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Up,
    /// Features are slower or older without it; the portal works.
    Down,
    /// Not configured.
    Off,
}

/// Reply of the probes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Health {
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redis: Option<Part>,
}

/// Does the process run?
#[utoipa::path(tag = "health", responses((status = 200, description = "It does.", body = Health), LiveFaults))]
#[get("/health/live")]
async fn get_liveness() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "live", redis: None })
}

/// May it get requests?
///
/// The database answers, its schema is current, and the process is not stopping. Redis only degrades.
#[utoipa::path(tag = "health", responses((status = 200, description = "It may.", body = Health), ReadyFaults))]
#[get("/health/ready")]
async fn get_readiness(ctx: Ctx) -> ApiResult<HttpResponse> {
    let not_ready = |why: &str| ApiError::new(ErrorCode::Unavailable).retry_after(2).caused_by(why.to_owned());
    if ctx.draining.load(Ordering::SeqCst) {
        return Err(not_ready("the process is stopping"));
    }
    match tokio::time::timeout(PROBE_WAIT, migrations::is_current(ctx.db.conn())).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return Err(not_ready("migrations are missing")),
        Ok(Err(error)) => return Err(ApiError::new(ErrorCode::Unavailable).retry_after(2).caused_by(error)),
        Err(_elapsed) => return Err(not_ready("the database does not answer")),
    }
    let redis = match &ctx.redis {
        None => Part::Off,
        Some(redis) if redis.is_up().await => Part::Up,
        Some(_) => Part::Down,
    };
    Ok(HttpResponse::Ok().json(Health { status: "ready", redis: Some(redis) }))
}

/// Metrics in Prometheus text form.
#[utoipa::path(
    tag = "health",
    responses((status = 200, description = "Metrics.", body = String, content_type = "text/plain"), MetricsFaults)
)]
#[get("/metrics")]
async fn get_metrics(ctx: Ctx, request: HttpRequest) -> ApiResult<HttpResponse> {
    if !may_scrape(&ctx, &request) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    let (used, open) = ctx.db.pool_usage();
    metrics::gauge!("db_connections", "state" => "used").set(f64::from(used));
    metrics::gauge!("db_connections", "state" => "open").set(f64::from(open));
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(platform::metrics::render()))
}

fn may_scrape(ctx: &Context, request: &HttpRequest) -> bool {
    let Some(wanted) = &ctx.config.metrics_token else { return true };
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let given = given.and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
    given.as_bytes().ct_eq(wanted.expose_secret().as_bytes()).into()
}
