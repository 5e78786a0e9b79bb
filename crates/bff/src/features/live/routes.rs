//! `/api/live*`.

use super::{socket, ticket};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentUser;
use crate::http::faults::faults;
use crate::http::middleware::guard;
use crate::state::Ctx;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::ErrorCode;
use domain::live::LiveTicket;
use tracing::Instrument as _;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(create_live_ticket).service(open_live);
}

faults! {
    TicketFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, OriginRefused, TooManyRequests;
    LiveFaults: Unreadable, OriginRefused;
}

/// A ticket for the live connection.
///
/// Good for one connection within 30 seconds.
#[utoipa::path(
    tag = "live", security(("bearer" = [])),
    responses((status = 200, description = "The ticket.", body = LiveTicket), TicketFaults)
)]
#[post("/api/live/ticket")]
async fn create_live_ticket(ctx: Ctx, user: CurrentUser) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(ticket::issue(&ctx, user).await?))
}

/// The live connection (WebSocket).
///
/// The first message is `{"type":"auth","ticket":"…"}`, within five seconds; the answer is `{"type":"ready"}`. Then
/// messages say that something changed. Ends with the session.
#[utoipa::path(
    tag = "live",
    responses((status = 101, description = "Switching to WebSocket."), LiveFaults)
)]
#[get("/api/live")]
async fn open_live(ctx: Ctx, request: HttpRequest, body: web::Payload) -> ApiResult<HttpResponse> {
    // A browser always sends Origin with a WebSocket, and the same-origin policy does not cover WebSockets.
    if !guard::allowed_origin(request.headers(), &ctx.config) {
        return Err(ApiError::new(ErrorCode::OriginRefused));
    }
    let (reply, session, stream) = actix_ws::handle(&request, body)
        .map_err(|e| ApiError::new(ErrorCode::Unreadable).detail("Open a WebSocket here.").caused_by(e.to_string()))?;
    let stream = stream.max_frame_size(socket::FRAME_LIMIT);
    actix_web::rt::spawn(socket::serve(ctx, session, stream).in_current_span());
    Ok(reply)
}
