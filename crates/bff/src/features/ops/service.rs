//! Reading for staff, and their acts.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentStaff;
use crate::http::scope;
use crate::state::Context;
use domain::ops::contract::Retried;
use domain::ops::{JobAct, JobView, Reason, RetryDead, RunDetail, Settle};
use domain::{ErrorCode, OrderId};
use platform::bus::BusMessage;
use platform::queue::{self, By, NotDone};
use platform::store::ops;
use uuid::Uuid;

/// One run with its timeline.
///
/// # Errors
/// 404 when the order is unknown or has no run.
pub(super) async fn run(ctx: &Context, who: &CurrentStaff, id: OrderId) -> ApiResult<RunDetail> {
    ops::run(ctx.db.conn(), &who.staff, id).await?.ok_or_else(ApiError::not_found)
}

/// An act on one stopped job.
///
/// # Errors
/// 404 for an unknown job; 409 `job_state_changed` with the present state, or `run_undecided`.
pub(super) async fn act(
    ctx: &Context,
    who: &CurrentStaff,
    id: Uuid,
    what: JobAct,
    body: &Reason,
) -> ApiResult<JobView> {
    let request_id = scope::request_id();
    let job = queue::act(&ctx.db, &ctx.bus, id, what, by(ctx, who, &body.reason, request_id.as_deref()))
        .await?
        .map_err(refused)?;
    tracing::info!(job.id = %id, act = what.name(), job.state = job.state.name(), "staff acted on a job");
    ctx.bus.send(BusMessage::JobsReady).await;
    Ok(job)
}

/// Every dead job of a kind goes back to work.
pub(super) async fn retry_dead(ctx: &Context, who: &CurrentStaff, body: &RetryDead) -> ApiResult<Retried> {
    let request_id = scope::request_id();
    let by = by(ctx, who, &body.reason, request_id.as_deref());
    let jobs = queue::retry_dead(&ctx.db, &ctx.bus, &body.kind, by).await?;
    tracing::info!(job.kind = body.kind, jobs, "staff put dead jobs back to work");
    ctx.bus.send(BusMessage::JobsReady).await;
    Ok(Retried { jobs })
}

/// Staff say how an order stands that they have put right by hand.
///
/// # Errors
/// 404 when the order has no run; 409 `job_state_changed` when it is over or a worker is at it.
pub(super) async fn settle(ctx: &Context, who: &CurrentStaff, id: OrderId, body: &Settle) -> ApiResult<RunDetail> {
    let request_id = scope::request_id();
    let by = by(ctx, who, &body.reason, request_id.as_deref());
    queue::settle(&ctx.db, &ctx.bus, id, body.outcome, by).await?.map_err(refused)?;
    tracing::info!(order.id = %id, outcome = body.outcome.name(), "staff settled a run by hand");
    run(ctx, who, id).await
}

fn by<'a>(ctx: &Context, who: &'a CurrentStaff, reason: &'a str, request_id: Option<&'a str>) -> By<'a> {
    By { staff: &who.staff, reason, request_id, now: ctx.clock.now() }
}

fn refused(why: NotDone) -> ApiError {
    match why {
        NotDone::NotFound => ApiError::not_found(),
        NotDone::Job(state) => ApiError::new(ErrorCode::JobStateChanged)
            .detail(format!("The job is {} now.", state.name()))
            .at("/state", state.name(), "This is how the job stands now."),
        NotDone::Order(stage) => ApiError::new(ErrorCode::JobStateChanged)
            .detail(format!("The order is {} now.", stage.name()))
            .at("/stage", stage.name(), "This is how the order stands now."),
        NotDone::Undecided(step) => ApiError::new(ErrorCode::RunUndecided)
            .detail(format!("Whether {step} was carried out is not known. Resume the run, or settle it by hand."))
            .at("/step", step.name(), "The outcome of this step is open."),
    }
}
