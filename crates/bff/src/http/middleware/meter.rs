//! Every request to the API is counted before anything is done for it: by address, by person, and by route.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::{ClientIp, bearer};
use crate::http::limits::{Asker, Key};
use crate::http::routes::RouteTable;
use crate::state::{Context, Ctx};
use actix_web::HttpRequest;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use domain::common::paths;
use domain::{ErrorCode, UserId};
use std::net::IpAddr;

/// Paths below which a secret is asked for.
const GUESSABLE: [&str; 3] = [paths::LOGIN, "/api/auth/passkey", "/api/auth/verify"];

/// Refuses whoever asks too often.
pub(crate) async fn meter(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    // Probes and the scraper are the operator's, files have no owner and cost little.
    if request.path().starts_with("/api/")
        && let Err(error) = count(&request).await
    {
        return Ok(request.error_response(error));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

async fn count(request: &ServiceRequest) -> ApiResult<()> {
    let ctx = request.app_data::<Ctx>().cloned().ok_or_else(|| ApiError::new(ErrorCode::Internal))?;
    ctx.limits.count(&keys(&ctx, request.request())).await
}

fn keys(ctx: &Context, request: &HttpRequest) -> Vec<Key> {
    let address = ClientIp::of(ctx, request).0;
    let path = request.path();
    // Another system that is signed for; one address sends all of it.
    if path == paths::WHMCS_WEBHOOK {
        return vec![Key::Webhooks(address)];
    }
    // Whether the session still lives is asked later: who is counted is clear from the signature.
    let person =
        bearer(request).and_then(|token| ctx.tokens.read(&token, ctx.clock.now()).ok()).map(|claims| claims.sub);
    let route = RouteTable::get().find(path).map_or("/api/*", |(pattern, _)| pattern);
    let mut keys = vec![Key::Address(address)];
    keys.extend(person.map(Key::Person));
    keys.push(of_route(request.method().is_safe(), route, address, person));
    keys
}

/// The route's own limit. Most have that of reads or of writes.
fn of_route(safe: bool, route: &'static str, address: IpAddr, person: Option<UserId>) -> Key {
    let asker = person.map_or(Asker::Address(address), Asker::Person);
    match (safe, route, person) {
        (true, ..) => Key::Read(asker, route),
        // Everything that could be guessed: passwords, codes, passkeys.
        (false, path, _) if GUESSABLE.iter().any(|prefix| path.starts_with(prefix)) => Key::Login(address),
        (false, paths::REGISTER, _) => Key::Register(address),
        (false, paths::REFRESH, _) => Key::Refresh(address),
        (false, paths::LIVE_TICKET, Some(person)) => Key::Live(person),
        (false, paths::ORDERS | "/api/orders/{id}/confirm", Some(person)) => Key::Orders(person),
        (false, ..) => Key::Write(asker, route),
    }
}
