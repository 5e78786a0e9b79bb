//! The outermost layer: gives the request its reference, keeps its deadline, catches panics, writes one access line,
//! counts, and marks the response.

use super::headers;
use crate::error::ApiError;
use crate::http::client::Client;
use crate::http::limits::RateState;
use crate::http::routes::RouteTable;
use crate::http::scope::{self, Scope};
use crate::state::Ctx;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError as _};
use domain::ErrorCode;
use domain::common::paths;
use futures_util::FutureExt as _;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// Longest answer. Work that must not be cut off goes on in a task of its own.
const DEADLINE: Duration = Duration::from_secs(15);

/// Wraps every request, also those to unknown addresses.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    let request_id = incoming_id(request.headers()).unwrap_or_else(|| platform::clock::new_id().to_string());
    let path = request.path().to_owned();
    let method = method_label(request.method().as_str());
    let route = RouteTable::get().find(&path).map_or_else(|| unlisted(&path), |(pattern, _)| pattern);
    let https = request.app_data::<Ctx>().is_some_and(|ctx| ctx.config.public_url.scheme() == "https");
    let client = request.app_data::<Ctx>().map(|ctx| Client::of(request.request(), &ctx.config)).unwrap_or_default();
    let span = tracing::info_span!("request", request.id = %request_id, http.route = route);
    let work = async {
        let outcome = bounded(DEADLINE, next.call(request)).await;
        let finish = |response_headers: &mut HeaderMap| {
            headers::secure(response_headers, https);
            mark(response_headers, &request_id);
        };
        match outcome {
            Ok(mut response) => {
                if let Some(error) = response.response().error() {
                    log_failure(error);
                }
                finish(response.headers_mut());
                record(method, route, response.status().as_u16(), started);
                Ok(response)
            }
            // A layer below refused it, or it never ended: there is no response to mark yet.
            Err(error) => {
                let error = known(error);
                log_failure_of(&error);
                let mut response: HttpResponse = error.error_response();
                finish(response.headers_mut());
                record(method, route, response.status().as_u16(), started);
                Err(InternalError::from_response(error, response).into())
            }
        }
    };
    let scope = Scope::new(request_id.clone(), path.clone()).with_client(client);
    scope::within(scope, work.instrument(span)).await
}

/// The answer of the layers below, or a problem when they panic or take too long.
async fn bounded<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, actix_web::Error>>,
) -> Result<T, actix_web::Error> {
    match tokio::time::timeout(deadline, AssertUnwindSafe(call).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        // The panic hook has logged message and place.
        Ok(Err(_panic)) => Err(ApiError::new(ErrorCode::Internal).caused_by("the handler panicked").into()),
        Err(_elapsed) => Err(ApiError::new(ErrorCode::TimedOut).retry_after(1).into()),
    }
}

/// An id from outside is taken when it can do no harm in a log line.
fn incoming_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(paths::REQUEST_ID)?.to_str().ok()?;
    let sane = (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    sane.then(|| id.to_owned())
}

/// Metrics must not get a label for every made-up address or method.
fn unlisted(path: &str) -> &'static str {
    if path.starts_with("/api/") { "/api/*" } else { "/*" }
}

fn method_label(method: &str) -> &'static str {
    ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"].into_iter().find(|m| *m == method).unwrap_or("OTHER")
}

fn mark(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    let rates = scope::rates();
    if !rates.is_empty() {
        let list = |one: &dyn Fn(&RateState) -> String| rates.iter().map(one).collect::<Vec<_>>().join(", ");
        let policy = list(&|rate| format!("\"{}\";q={};w=60", rate.policy, rate.quota));
        let state = list(&|rate| format!("\"{}\";r={};t={}", rate.policy, rate.remaining, rate.reset));
        for (name, text) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

fn record(method: &'static str, route: &'static str, status: u16, started: Instant) {
    let taken = started.elapsed();
    metrics::histogram!("http_request_seconds", "route" => route, "method" => method, "status" => status.to_string())
        .record(taken.as_secs_f64());
    let millis = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(http.method = method, http.status = status, duration_ms = millis, "request answered");
}

/// Everything below speaks in [`ApiError`]s; what the framework itself says gets the nearest code.
fn known(error: actix_web::Error) -> ApiError {
    let status = error.as_response_error().status_code().as_u16();
    match error.as_error::<ApiError>() {
        Some(own) => own.copy(),
        None => {
            let code = match status {
                404 => ErrorCode::NotFound,
                405 => ErrorCode::MethodNotAllowed,
                408 => ErrorCode::BodyLate,
                413 => ErrorCode::TooLarge,
                415 => ErrorCode::MediaTypeUnsupported,
                400..500 => ErrorCode::Unreadable,
                _ => ErrorCode::Internal,
            };
            ApiError::new(code).caused_by(error.to_string())
        }
    }
}

fn log_failure(error: &actix_web::Error) {
    match error.as_error::<ApiError>() {
        Some(own) => log_failure_of(own),
        None => tracing::error!("a response was made without a problem body"),
    }
}

/// The one place where a failed request is logged.
fn log_failure_of(error: &ApiError) {
    let causes = error.causes();
    if error.is_server_side() {
        tracing::error!(error.code = error.code().slug(), error.causes = causes, "request failed");
    } else if causes.is_empty() {
        tracing::debug!(error.code = error.code().slug(), "request refused");
    } else {
        tracing::info!(error.code = error.code().slug(), error.causes = causes, "request refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use actix_web::middleware::from_fn;
    use actix_web::{App, test as http, web};
    use domain::Problem;

    async fn broken() -> HttpResponse {
        panic!("a fault of the test")
    }

    #[actix_web::test]
    async fn a_panic_is_a_problem_with_all_headers_and_the_server_goes_on() {
        let fine = || async { HttpResponse::Ok().body("fine") };
        let routes = App::new().route("/broken", web::get().to(broken)).route("/fine", web::get().to(fine));
        let app = http::init_service(routes.wrap(from_fn(observe))).await;
        let ask =
            |path: &str| http::TestRequest::get().uri(path).insert_header(("x-request-id", "of-the-test")).to_request();
        let error = http::try_call_service(&app, ask("/broken")).await.err().unwrap();
        let response = error.error_response();
        assert_eq!(response.status().as_u16(), 500);
        assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(response.headers().get("x-request-id").unwrap(), "of-the-test");
        let body = to_bytes(response.into_body()).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!((problem.code, problem.detail), (ErrorCode::Internal, None), "not a word of the panic");
        assert_eq!((problem.instance.as_deref(), problem.request_id.as_str()), (Some("/broken"), "of-the-test"));
        assert_eq!(http::call_service(&app, ask("/fine")).await.status().as_u16(), 200);
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_given_up() {
        let never = std::future::pending::<Result<(), actix_web::Error>>();
        let error = known(bounded(Duration::from_millis(5), never).await.unwrap_err());
        assert_eq!(error.code(), ErrorCode::TimedOut);
        assert_eq!(error.error_response().headers().get("retry-after").unwrap(), "1");
        let quick = std::future::ready(Ok::<_, actix_web::Error>(7));
        assert_eq!(bounded(Duration::from_secs(5), quick).await.unwrap(), 7);
    }

    #[test]
    fn a_request_id_from_outside_is_taken_only_when_it_is_harmless() {
        let taken = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static("x-request-id"), HeaderValue::from_static(value));
            incoming_id(&headers)
        };
        assert_eq!(taken("0198f2f6-ab_CD9").as_deref(), Some("0198f2f6-ab_CD9"));
        for bad in ["", "short", "has space in it", "quote\"quote", "{\"json\":1}", "new%0aline-x"] {
            assert_eq!(taken(bad), None, "{bad}");
        }
    }
}
