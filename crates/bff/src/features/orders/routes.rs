//! `/api/orders*`.

use super::place::{self, Placed, Placing};
use super::{confirm, service};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::{CurrentUser, IdempotencyKey, Valid};
use crate::http::faults::faults;
use crate::http::scope;
use crate::state::Ctx;
use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use domain::common::page::Page;
use domain::common::paths;
use domain::orders::contract::{OrderDetail, OrderSummary};
use domain::orders::schema::NewOrder;
use domain::{ErrorCode, OrderId};
use serde::Deserialize;
use std::sync::Arc;
use tracing::Instrument as _;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(list_orders).service(create_order).service(get_order).service(confirm_order);
}

faults! {
    ListFaults: Unreadable, SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, Invalid;
    CreateFaults: Unreadable, IdempotencyKeyMissing, SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, OriginRefused, OrderRefused,
        PortInRunning, CatalogChanged, RequestInProgress, TooLarge, MediaTypeUnsupported, Invalid, IdempotencyKeyReused,
        TooManyRequests, UpstreamUnavailable, OutcomeUnknown, UpstreamGarbled;
    GetFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, NotFound;
    ConfirmFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, OriginRefused, NotFound, OrderNotConfirmable, TooManyRequests,
        UpstreamUnavailable, OutcomeUnknown, UpstreamGarbled;
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<u32>,
}

/// Most pages that can be asked for: far more than anybody orders.
const LAST_PAGE: u32 = 10_000;

/// My orders.
///
/// Newest first, twenty on a page.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])),
    params(("page" = Option<u32>, Query, description = "From 1.", minimum = 1, maximum = 10_000)),
    responses((status = 200, description = "One page of orders.", body = Page<OrderSummary>), ListFaults)
)]
#[get("/api/orders")]
async fn list_orders(ctx: Ctx, user: CurrentUser, query: web::Query<PageQuery>) -> ApiResult<HttpResponse> {
    let page = query.page.unwrap_or(1);
    if !(1..=LAST_PAGE).contains(&page) {
        return Err(ApiError::new(ErrorCode::Invalid).detail("The page must be from 1 to 10000."));
    }
    Ok(HttpResponse::Ok().json(service::list(&ctx, user, page).await?))
}

/// Place an order.
///
/// At most one order comes of a key, however often the request is sent. A repeat gets the first answer, byte for byte,
/// with `Idempotency-Replayed: true`. After 503 the same request with the same key may be sent again.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])), request_body = NewOrder,
    params(("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters, kept 48 hours.")),
    responses(
        (status = 201, description = "Placed.", body = OrderDetail, headers(
            ("Location" = String, description = "Address of the order."),
            ("Idempotency-Replayed" = Option<String>, description = "`true` for a stored answer."),
        )),
        CreateFaults
    )
)]
#[post("/api/orders")]
async fn create_order(
    ctx: Ctx,
    user: CurrentUser,
    key: IdempotencyKey,
    order: Valid<NewOrder>,
) -> ApiResult<HttpResponse> {
    let placing = Placing { user, key: key.0, order: order.0 };
    let placed = detached(ctx, placing).await?;
    let mut reply = HttpResponse::Created();
    if let Some(id) = id_of(&placed.body) {
        reply.insert_header((header::LOCATION, paths::order(id)));
    }
    if placed.replayed {
        reply.insert_header(("Idempotency-Replayed", "true"));
    }
    Ok(reply.content_type("application/json").body(placed.body))
}

/// One order.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The order's id.")),
    responses((status = 200, description = "The order with its timeline.", body = OrderDetail), GetFaults)
)]
#[get("/api/orders/{id}")]
async fn get_order(ctx: Ctx, user: CurrentUser, id: web::Path<OrderId>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::detail(&ctx, user, *id).await?))
}

/// Confirm an order.
///
/// Starts it without an agent, where the operator allows that. Confirming twice is harmless.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The order's id.")),
    responses((status = 200, description = "The order; it begins when the CRM's event arrives.", body = OrderDetail), ConfirmFaults)
)]
#[post("/api/orders/{id}/confirm")]
async fn confirm_order(ctx: Ctx, user: CurrentUser, id: web::Path<OrderId>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(confirm::confirm(&ctx, user, *id).await?))
}

/// Places the order in a task of its own: a browser that goes away, or the request's deadline, must not leave an order
/// half placed.
async fn detached(ctx: Ctx, placing: Placing) -> ApiResult<Placed> {
    let busy = || ApiError::new(ErrorCode::Unavailable).retry_after(2);
    let permit = Arc::clone(&ctx.placings).try_acquire_owned().map_err(|e| busy().caused_by(e))?;
    let runtime = ctx.runtime.clone();
    let scope = scope::current();
    let ctx = ctx.into_inner();
    let work = async move {
        let _permit = permit;
        let place = place::place(&ctx, &placing);
        match scope {
            Some(scope) => scope::within(scope, place).await,
            None => place.await,
        }
    };
    let task = runtime.spawn(work.in_current_span());
    task.await.map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?
}

fn id_of(body: &str) -> Option<OrderId> {
    #[derive(Deserialize)]
    struct WithId {
        id: OrderId,
    }
    serde_json::from_str::<WithId>(body).ok().map(|o| o.id)
}
