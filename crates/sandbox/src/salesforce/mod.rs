//! Salesforce: OAuth and REST, at the root of its own port.

pub(crate) mod agent;
mod cases;
mod collections;
mod composite;
mod conditional;
mod describe;
mod error;
mod files;
pub(crate) mod ids;
pub(crate) mod oauth;
mod parameters;
pub(crate) mod query;
pub(crate) mod records;
mod rest;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod soql;
mod tree;
mod upsert;
pub(crate) mod usage;
mod values;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use serde_json::Value;

use crate::World;
use crate::faults::{Parameters, System};
use crate::http::{Incoming, Reply, gated};
use conditional::Conditions;
use error::SfError;
use rest::{Call, Context};

/// Bytes of a request: a file of the largest size as base64, and room for the rest.
pub(crate) const BODY_BYTES: usize = rules::content::FILE_BYTES / 3 * 4 + (1 << 20);
/// Table of access tokens.
pub(crate) const SESSIONS: &str = "sessions";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/services/oauth2/token", web::post().to(token))
        .route("/services/oauth2/authorize", web::get().to(authorize))
        .route("/services/oauth2/revoke", web::post().to(revoke))
        .route("/services/oauth2/introspect", web::post().to(introspect))
        .route("/services/oauth2/userinfo", web::route().to(userinfo))
        // The `id` of a token reply is an address.
        .route("/id/{organisation}/{user}", web::route().to(identity))
        .default_service(web::route().to(data));
}

/// Scheme and host as the caller wrote them: the login URL, and the instance URL of every later call.
fn own_url(request: &HttpRequest) -> String {
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let host = request
        .headers()
        .get("host")
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(|a| a.as_str()));
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

fn bearer(headers: &HeaderMap) -> String {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // `OAuth <token>` is the older form and still accepted.
    let token = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth"));
    token.map(|(_, token)| token.trim().to_owned()).unwrap_or_default()
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

fn sent(operation: &str, form: &[(String, String)]) -> Incoming {
    Incoming::named(operation, Parameters::of(form.iter().cloned()))
}

async fn token(world: web::Data<World>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let (login, basic) = (own_url(&request), basic(request.headers()));
    let form = form(&body);
    gated(&world, &request, System::Salesforce, sent("token", &form), move |world| {
        oauth::token(world, &form, basic, &login)
    })
    .await
}

async fn authorize(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let asked = form(request.query_string().as_bytes());
    gated(&world, &request, System::Salesforce, vec!["authorize".to_owned()], move |world| {
        oauth::authorize(world, &asked)
    })
    .await
}

async fn revoke(world: web::Data<World>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let form = form(&body);
    gated(&world, &request, System::Salesforce, sent("revoke", &form), move |world| oauth::revoke(world, &form)).await
}

async fn introspect(world: web::Data<World>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let form = form(&body);
    gated(&world, &request, System::Salesforce, sent("introspect", &form), move |world| oauth::introspect(world, &form))
        .await
}

async fn userinfo(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let (login, token) = (own_url(&request), bearer(request.headers()));
    gated(&world, &request, System::Salesforce, vec!["userinfo".to_owned()], move |world| {
        oauth::userinfo(world, &token, &login)
    })
    .await
}

async fn identity(world: web::Data<World>, request: HttpRequest, ids: web::Path<(String, String)>) -> HttpResponse {
    let login = own_url(&request);
    // The token comes as a header, or in the address from clients that cannot set one.
    let asked = form(request.query_string().as_bytes());
    let token = match bearer(request.headers()) {
        token if token.is_empty() => {
            asked.into_iter().find(|(name, _)| name == "oauth_token").map(|(_, token)| token).unwrap_or_default()
        }
        token => token,
    };
    let (organisation, user) = ids.into_inner();
    gated(&world, &request, System::Salesforce, vec!["identity".to_owned()], move |world| {
        oauth::identity(world, &token, &login, &organisation, &user)
    })
    .await
}

fn error_reply(error: &SfError) -> Reply {
    Reply::json(error.status, &error.body()).with_outcome(format!("{} {}", error.status, error.code))
}

/// The version segment of a path, when this org answers it.
fn version_of(path: &str) -> Result<(&str, &str), SfError> {
    let rest = path.strip_prefix("/services/data/").ok_or_else(SfError::not_found)?;
    let (version, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let number = version.strip_prefix('v').and_then(|v| v.strip_suffix(".0")).and_then(|v| v.parse::<u32>().ok());
    match number {
        Some(number) if describe::VERSIONS.contains(&number) => Ok((version, rest)),
        Some(number) if (7..31).contains(&number) => Err(SfError::new(410, "UNSUPPORTED_API_VERSION", "GONE")),
        _ => Err(SfError::not_found()),
    }
}

/// Bytes of an address, and of address and headers together.
const HEAD_BYTES: usize = 16_384;

/// 414 and 431 are documented; what their bodies say is an assumption.
fn check_head(request: &HttpRequest) -> Result<(), SfError> {
    let address = request.uri().to_string().len();
    // Each header stands on a line of its own: colon, blank, line break.
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if address > HEAD_BYTES {
        return Err(SfError::new(414, "URI_TOO_LONG", "The length of the URI exceeds the 16,384-byte limit."));
    }
    if address + headers > HEAD_BYTES {
        let message = "The combined length of the URI and headers exceeds the 16,384-byte limit.";
        return Err(SfError::new(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", message));
    }
    Ok(())
}

/// The REST API: every reply of the org itself tells what is used of its calls.
async fn data(world: web::Data<World>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let mut response = match check_head(&request) {
        Ok(()) => rest_reply(&world, &request, body).await,
        Err(error) => refused(&world, &request, error).await,
    };
    let proxy = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !proxy && let Ok(value) = HeaderValue::from_str(&usage::header(world.api_requests())) {
        response.headers_mut().insert(HeaderName::from_static("sforce-limit-info"), value);
    }
    response
}

async fn refused(world: &World, request: &HttpRequest, error: SfError) -> HttpResponse {
    gated(world, request, System::Salesforce, vec!["unknown".to_owned()], move |_| error_reply(&error)).await
}

async fn rest_reply(world: &World, request: &HttpRequest, body: web::Bytes) -> HttpResponse {
    let path = request.path().trim_end_matches('/').to_owned();
    if path == "/services/data" {
        return gated(world, request, System::Salesforce, vec!["versions".to_owned()], |_| {
            Reply::json(200, &describe::versions())
        })
        .await;
    }
    let (version, rest) = match version_of(&path) {
        Ok((version, rest)) => (version.to_owned(), rest.to_owned()),
        Err(error) => return refused(world, request, error).await,
    };
    let query: std::collections::HashMap<String, String> =
        url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    // Clients without PATCH send POST and say what they mean.
    let method = match (request.method().as_str(), query.get("_HttpMethod")) {
        ("POST", Some(meant)) => meant.to_ascii_uppercase(),
        (method, _) => method.to_owned(),
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let batch = header("Sforce-Query-Options").and_then(|options| {
        options.split([',', ';']).find_map(|option| option.trim().strip_prefix("batchSize=")?.trim().parse().ok())
    });
    let conditions = Conditions::read(header);
    let kind = header("content-type").unwrap_or_default().to_owned();
    // `request.path()` leaves percent-encoded slashes alone: decode after splitting.
    let decode = |segment: &str| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let segments: Vec<String> = rest.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
    let parsed = files::read_body(&kind, body).await;
    let operations = rest::operations(&method, &segments, parsed.as_ref().unwrap_or(&Value::Null));
    let token = bearer(request.headers());
    let parameters = parameters::of(&segments, &query, parsed.as_ref().unwrap_or(&Value::Null));
    let session = Some(token.clone()).filter(|token| !token.is_empty());
    let incoming = Incoming { operations, parameters, session };
    gated(world, request, System::Salesforce, incoming, move |world| {
        let reply: Result<Reply, SfError> = (|| {
            let writer = world.read(|store| oauth::session(store, &token, store.now_ms()));
            let writer = writer.ok_or_else(|| SfError::new(401, "INVALID_SESSION_ID", "Session expired or invalid"))?;
            world.take_api_call()?;
            let call = Call { method, path: segments, query, body: parsed?, batch, conditions };
            let answer =
                world.write(|txn| rest::handle(txn, &call, &Context { world, version: &version, writer: &writer }))?;
            let mut reply = match (&answer.body, answer.bytes) {
                (Some(body), _) => Reply::json(answer.status, body),
                (None, Some(bytes)) => Reply::text(answer.status, "application/octet-stream", bytes),
                (None, None) => Reply::empty(answer.status),
            };
            for (name, value) in answer.headers {
                reply = reply.with_header(name, value);
            }
            Ok(reply)
        })();
        reply.unwrap_or_else(|error| error_reply(&error))
    })
    .await
}
