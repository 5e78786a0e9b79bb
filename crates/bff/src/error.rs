//! The one error type of the API and its way to `application/problem+json`.

use crate::http::scope;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use domain::auth::Factor;
use domain::{ErrorCode, FieldError, Problem};
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::store::StoreError;
use std::error::Error as StdError;
use std::fmt;

/// Media type of every error answer (RFC 9457).
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Seconds to wait when the other side did not say.
const RETRY_SECONDS: u32 = 5;

/// A request that is answered with a problem. Nothing else becomes an error response.
pub(crate) struct ApiError(Box<Inner>);

struct Inner {
    code: ErrorCode,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<u32>,
    methods: Vec<Factor>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(code: ErrorCode) -> Self {
        let inner = Inner {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            methods: Vec::new(),
            headers: Vec::new(),
            source: None,
        };
        Self(Box::new(inner))
    }

    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut error = Self::new(ErrorCode::Invalid);
        error.0.errors = errors;
        error
    }

    pub(crate) fn not_found() -> Self {
        Self::new(ErrorCode::NotFound)
    }

    /// What happened this time, for people. Never upstream text.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub(crate) fn at(mut self, pointer: &str, code: &str, detail: &str) -> Self {
        self.0.errors.push(FieldError::new(pointer, code, detail));
        self
    }

    /// Seconds after which trying again makes sense.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// How the person can show again who they are.
    pub(crate) fn methods(mut self, methods: Vec<Factor>) -> Self {
        self.0.methods = methods;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The cause, for the log only.
    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The chain of causes in one line.
    pub(crate) fn causes(&self) -> String {
        let mut text = String::new();
        let mut next: Option<&dyn StdError> = self.0.source.as_deref().map(|e| e as &dyn StdError);
        while let Some(error) = next {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }

    #[cfg(test)]
    pub(crate) fn first_pointer(&self) -> Option<String> {
        self.0.errors.first().map(|e| e.pointer.clone())
    }

    /// Our fault or an upstream's, as against the caller's.
    pub(crate) fn is_server_side(&self) -> bool {
        self.0.code.status() >= 500
    }

    /// The same error again, its causes as text: the framework hands errors out by reference only.
    pub(crate) fn copy(&self) -> Self {
        let causes = self.causes();
        Self(Box::new(Inner {
            code: self.0.code,
            detail: self.0.detail.clone(),
            errors: self.0.errors.clone(),
            retry_after: self.0.retry_after,
            methods: self.0.methods.clone(),
            headers: self.0.headers.clone(),
            source: (!causes.is_empty()).then(|| causes.into()),
        }))
    }

    fn problem(&self) -> Problem {
        let mut problem = Problem::new(self.0.code);
        problem.detail.clone_from(&self.0.detail);
        problem.errors.clone_from(&self.0.errors);
        problem.retry_after = self.0.retry_after;
        problem.methods.clone_from(&self.0.methods);
        if let Some(scope) = scope::current() {
            problem.instance = Some(scope.path);
            problem.request_id = scope.request_id;
        }
        problem
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.slug())
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError").field("code", &self.0.code).field("causes", &self.causes()).finish_non_exhaustive()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut reply = HttpResponse::build(self.status_code());
        reply.insert_header((header::CONTENT_TYPE, PROBLEM_JSON)).insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.0.retry_after {
            reply.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.0.code.status() == 401 {
            reply.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        for (name, value) in &self.0.headers {
            reply.append_header((name.clone(), value.clone()));
        }
        // What is left of such a body is not listened to.
        if matches!(self.0.code, ErrorCode::TooLarge | ErrorCode::BodyLate | ErrorCode::MediaTypeUnsupported) {
            reply.force_close();
        }
        // A `Problem` is strings and numbers, so it always serialises.
        reply.body(serde_json::to_vec(&self.problem()).unwrap_or_default())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_connection() {
            return Self::new(ErrorCode::Unavailable).retry_after(RETRY_SECONDS).caused_by(error);
        }
        match error {
            // A lost race: reading again shows the other's change.
            StoreError::Stale => Self::new(ErrorCode::RequestInProgress).retry_after(1).caused_by(error),
            StoreError::Db(_) | StoreError::Taken(_) | StoreError::Unreadable(_) => {
                Self::new(ErrorCode::Internal).caused_by(error)
            }
        }
    }
}

impl From<sea_orm::DbErr> for ApiError {
    fn from(error: sea_orm::DbErr) -> Self {
        StoreError::from(error).into()
    }
}

impl From<UpstreamError> for ApiError {
    fn from(error: UpstreamError) -> Self {
        let base = match &error.kind {
            UpstreamErrorKind::Unavailable { retry_after } => {
                // Rounded up: who comes back too early is turned away again.
                let seconds = retry_after.and_then(|d| u32::try_from(d.as_millis().div_ceil(1_000).max(1)).ok());
                Self::new(ErrorCode::UpstreamUnavailable).retry_after(seconds.unwrap_or(RETRY_SECONDS))
            }
            UpstreamErrorKind::OutcomeUnknown => Self::new(ErrorCode::OutcomeUnknown).retry_after(RETRY_SECONDS),
            UpstreamErrorKind::NotFound => Self::not_found(),
            // Where a refusal is the customer's business, the service says so before it comes to this.
            UpstreamErrorKind::Refused { .. } | UpstreamErrorKind::Garbled { .. } | UpstreamErrorKind::Denied => {
                Self::new(ErrorCode::UpstreamGarbled)
            }
        };
        // The kind holds their words, already redacted: they belong in the log and nowhere else.
        let words = match &error.kind {
            UpstreamErrorKind::Refused { reason } => format!("{error} ({reason})"),
            UpstreamErrorKind::Garbled { detail } => format!("{error} ({detail})"),
            UpstreamErrorKind::Unavailable { .. }
            | UpstreamErrorKind::OutcomeUnknown
            | UpstreamErrorKind::NotFound
            | UpstreamErrorKind::Denied => error.to_string(),
        };
        base.caused_by(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use integrations::Provider;
    use std::time::Duration;

    fn upstream(kind: UpstreamErrorKind) -> ApiError {
        UpstreamError { provider: Provider::Salesforce, operation: "query", kind }.into()
    }

    #[test]
    fn each_kind_of_upstream_failure_has_its_status() {
        use UpstreamErrorKind as K;
        let waiting = upstream(K::Unavailable { retry_after: Some(Duration::from_secs(42)) });
        assert_eq!((waiting.code(), waiting.problem().retry_after), (ErrorCode::UpstreamUnavailable, Some(42)));
        assert_eq!(upstream(K::Unavailable { retry_after: None }).problem().retry_after, Some(RETRY_SECONDS));
        assert_eq!(upstream(K::OutcomeUnknown).code(), ErrorCode::OutcomeUnknown);
        assert_eq!(upstream(K::NotFound).code(), ErrorCode::NotFound);
        for kind in [K::Denied, K::Garbled { detail: "x".into() }, K::Refused { reason: "their words".into() }] {
            let error = upstream(kind);
            assert_eq!(error.status_code(), StatusCode::BAD_GATEWAY);
            assert_eq!(error.problem().detail, None, "upstream text must not reach the customer");
        }
    }

    #[test]
    fn a_dead_database_is_unavailable_and_a_bug_is_internal() {
        let dead: ApiError = StoreError::Db(sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout)).into();
        assert_eq!((dead.code(), dead.problem().retry_after), (ErrorCode::Unavailable, Some(RETRY_SECONDS)));
        let bug: ApiError = StoreError::Unreadable("stage").into();
        assert_eq!(bug.code(), ErrorCode::Internal);
        assert_eq!(bug.causes(), "a stored stage cannot be read");
        assert_eq!(bug.problem().detail, None);
    }
}
