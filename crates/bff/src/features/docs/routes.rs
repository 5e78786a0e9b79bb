//! `/api/openapi.json` and `/api/docs`.

use super::page;
use crate::http::faults::faults;
use actix_web::http::header;
use actix_web::{HttpResponse, get};
use std::sync::OnceLock;
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(get_openapi).service(get_docs).service(get_docs_style);
}

faults! { DocsFaults:; }

const CACHING: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

/// This API as an OpenAPI document.
#[utoipa::path(tag = "docs", responses((status = 200, description = "OpenAPI 3.1.", body = Object), DocsFaults))]
#[get("/api/openapi.json")]
async fn get_openapi() -> HttpResponse {
    static BODY: OnceLock<String> = OnceLock::new();
    // The document is strings, so it always serialises; a test compares it with the file in `docs/api`.
    let body = BODY.get_or_init(|| crate::app::document().to_json().unwrap_or_default());
    HttpResponse::Ok().insert_header(CACHING).content_type("application/json").body(body.as_str())
}

/// This API as a page.
#[utoipa::path(
    tag = "docs",
    responses((status = 200, description = "HTML.", body = String, content_type = "text/html"), DocsFaults)
)]
#[get("/api/docs")]
async fn get_docs() -> HttpResponse {
    static BODY: OnceLock<String> = OnceLock::new();
    let body = BODY.get_or_init(|| {
        let document = serde_json::to_value(crate::app::document()).unwrap_or_default();
        page::render(&document)
    });
    HttpResponse::Ok().insert_header(CACHING).content_type("text/html; charset=utf-8").body(body.as_str())
}

/// Style of the page.
#[utoipa::path(
    tag = "docs",
    responses((status = 200, description = "CSS.", body = String, content_type = "text/css"), DocsFaults)
)]
#[get("/api/docs/style.css")]
async fn get_docs_style() -> HttpResponse {
    HttpResponse::Ok().insert_header(CACHING).content_type("text/css; charset=utf-8").body(include_str!("style.css"))
}
