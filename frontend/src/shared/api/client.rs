//! Requests with JSON. Adds the access token, renews it once on 401 and repeats, turns every other outcome into a
//! [`Failure`].

use super::access::{self, Refresh};
use super::failure::{Failure, FailureKind};
use domain::ErrorCode;
use domain::common::paths;
use gloo_net::http::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Milliseconds until an unanswered request counts as failed.
const TIME_LIMIT_MS: u32 = 30_000;

/// One request.
pub struct Call {
    method: Method,
    path: String,
    body: Option<String>,
    idempotency_key: Option<String>,
}

impl Call {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, idempotency_key: None }
    }
    pub fn post(path: impl Into<String>) -> Self {
        Self { method: Method::POST, path: path.into(), body: None, idempotency_key: None }
    }
    pub fn patch(path: impl Into<String>) -> Self {
        Self { method: Method::PATCH, path: path.into(), body: None, idempotency_key: None }
    }
    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, path: path.into(), body: None, idempotency_key: None }
    }
    /// With a body already written as JSON.
    pub fn with_body(self, json: String) -> Self {
        Self { body: Some(json), ..self }
    }
    /// For a write that must happen at most once: repeated with the same key it gives the first answer.
    pub fn with_key(self, key: String) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }
}

/// `GET`, decoded.
///
/// # Errors
/// Any [`Failure`].
pub async fn get<T: DeserializeOwned>(path: String) -> Result<T, Failure> {
    decode(&send(&Call::get(path)).await?)
}

/// Body text of a request value.
///
/// # Errors
/// [`FailureKind::Unreadable`] when the value has no JSON form.
pub fn encode<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|_| Failure::new(FailureKind::Unreadable, ""))
}

/// # Errors
/// [`FailureKind::Unreadable`] when the body is not a `T`.
pub fn decode<T: DeserializeOwned>(body: &str) -> Result<T, Failure> {
    serde_json::from_str(body).map_err(|_| Failure::new(FailureKind::Unreadable, ""))
}

/// Sends a request; when the access token has ended, renews it and sends once more.
///
/// # Errors
/// Any [`Failure`].
pub async fn send(call: &Call) -> Result<String, Failure> {
    match attempt(call).await {
        Err(failure) if failure.is(ErrorCode::SignInNeeded) => match access::refresh().await {
            Refresh::Renewed => attempt(call).await,
            Refresh::Ended => Err(failure),
            Refresh::Unreachable => Err(Failure::new(FailureKind::NoAnswer, failure.reference)),
        },
        outcome => outcome,
    }
}

/// Sends a request as it is, once.
///
/// # Errors
/// Any [`Failure`].
pub async fn attempt(call: &Call) -> Result<String, Failure> {
    let own_id = access::request_id();
    let no_answer = |_| Failure::new(FailureKind::NoAnswer, own_id.clone());
    let limit = web_sys::AbortSignal::timeout_with_u32(TIME_LIMIT_MS);
    let mut request = RequestBuilder::new(&call.path)
        .method(call.method.clone())
        .abort_signal(Some(&limit))
        .header("Accept", "application/json")
        .header(paths::CLIENT_HEADER, "web");
    if !own_id.is_empty() {
        request = request.header(paths::REQUEST_ID, &own_id);
    }
    if let Some(token) = access::token() {
        request = request.header("Authorization", &["Bearer ", &token].concat());
    }
    if let Some(key) = &call.idempotency_key {
        request = request.header(paths::IDEMPOTENCY_KEY, key);
    }
    let request = if call.method == Method::GET {
        request.build()
    } else {
        request.header("Content-Type", "application/json").body(call.body.as_deref().unwrap_or("{}"))
    };
    let answer = request.map_err(no_answer)?.send().await.map_err(no_answer)?;
    let reference = answer.headers().get(paths::REQUEST_ID).unwrap_or_else(|| own_id.clone());
    let (ok, status) = (answer.ok(), answer.status());
    // A body that breaks off is as good as no answer.
    let body = answer.text().await.map_err(no_answer)?;
    if ok { Ok(body) } else { Err(Failure::from_answer(status, &body, reference)) }
}
