//! `/api/catalog`, open to everybody.

use crate::error::{ApiError, ApiResult};
use crate::http::faults::faults;
use crate::offers;
use crate::state::Ctx;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};
use domain::ErrorCode;
use domain::catalog::Catalog;
use sha2::{Digest as _, Sha256};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(get_catalog);
}

faults! { CatalogFaults: UpstreamUnavailable, UpstreamGarbled; }

/// What is on sale.
///
/// Changes at most every five minutes; ask with `If-None-Match`.
#[utoipa::path(
    tag = "catalog",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the copy at hand.")),
    responses(
        (status = 200, description = "The catalogue.", body = Catalog, headers(("ETag" = String))),
        (status = 304, description = "The copy at hand is current."),
        CatalogFaults
    )
)]
#[get("/api/catalog")]
async fn get_catalog(ctx: Ctx, request: HttpRequest) -> ApiResult<HttpResponse> {
    let products = offers::products(&ctx).await?;
    let catalog = offers::catalog(&ctx, &products);
    let body = serde_json::to_vec(&catalog).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    // Weak: compression changes the bytes, not the meaning.
    let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&body)[..12]));
    let caching = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "public, no-cache")];
    let mut reply = if is_current(&request, &etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    for (name, value) in caching {
        reply.insert_header((name, value));
    }
    if is_current(&request, &etag) {
        return Ok(reply.finish());
    }
    Ok(reply.content_type("application/json").body(body))
}

/// RFC 9110 section 13.1.2: weak comparison, a list, or `*`.
fn is_current(request: &HttpRequest, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|v: &HeaderValue| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}
