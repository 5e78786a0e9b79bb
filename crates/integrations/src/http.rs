//! The one way to send a request: time-outs, no redirects, a cap on the answer, metrics, a span, and what a missing or
//! broken answer means for a read and for a write. Knows no provider's errors.

use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde_json::Value;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// Time to reach a system.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest answer, after decompression.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// A read that failed faster than this is tried once more; a slower one has used up the caller's patience.
const RETRY_WITHIN: Duration = Duration::from_secs(2);

/// Time for a whole call, by default.
pub(crate) const fn default_timeout_ms() -> u64 {
    10_000
}

/// Whether the other system's state changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A plain read: no answer means that nothing was done. May be sent again.
    Read,
    /// May be carried out although no answer came. Never sent again here.
    Write,
}

/// A call about to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub provider: Provider,
    pub operation: &'static str,
    pub effect: Effect,
}

impl Call {
    pub const fn read(provider: Provider, operation: &'static str) -> Self {
        Self { provider, operation, effect: Effect::Read }
    }
    pub const fn write(provider: Provider, operation: &'static str) -> Self {
        Self { provider, operation, effect: Effect::Write }
    }
    pub fn error(self, kind: UpstreamErrorKind) -> UpstreamError {
        UpstreamError::new(self.provider, self.operation, kind)
    }
    /// No usable answer: harmless for a read, unknown for a write.
    pub const fn no_answer(self) -> UpstreamErrorKind {
        match self.effect {
            Effect::Read => UpstreamErrorKind::unavailable(),
            Effect::Write => UpstreamErrorKind::OutcomeUnknown,
        }
    }
}

/// An answer that arrived whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON. Maintenance pages, proxies and PHP faults answer in HTML, whatever the status: that is no answer.
    /// Text that is neither is outside the contract: garbled for a read, unknown for a write.
    pub fn json(&self, call: Call) -> Result<Value, UpstreamErrorKind> {
        serde_json::from_slice(&self.body).map_err(|error| {
            if call.effect == Effect::Write || self.is_html() {
                call.no_answer()
            } else {
                UpstreamErrorKind::garbled(format!("not JSON at byte {} of {}", error.column(), self.body.len()))
            }
        })
    }

    fn is_html(&self) -> bool {
        let typed = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        typed.is_some_and(|t| t.trim_start().to_ascii_lowercase().starts_with("text/html"))
            || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// How long they asked us to wait, at most an hour. (The form with a date is rare and read as "not said".)
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok()?;
        Some(Duration::from_secs(seconds.min(3600)))
    }
}

/// The connection pool of one provider.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
}

impl Http {
    /// # Errors
    /// When TLS cannot be set up (no root certificates).
    pub fn new(timeout_ms: u64) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(Duration::from_millis(timeout_ms))
            // A POST that is redirected becomes a GET and loses its body.
            .redirect(redirect::Policy::none())
            // Where calls go is configuration, not the environment.
            .no_proxy()
            // Below the 5 s after which common servers close an idle connection, so that a write is rarely sent into a
            // connection that is just being closed.
            .pool_idle_timeout(Duration::from_secs(4))
            .user_agent(concat!("customer-portal/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends and reads the whole answer, whatever its status, except those that mean the same everywhere: 429, and 5xx.
    /// A read is sent a second time when it failed fast and nobody asked to wait.
    pub async fn send(&self, call: Call, request: RequestBuilder) -> Result<Reply, UpstreamErrorKind> {
        let again = match call.effect {
            Effect::Read => request.try_clone(),
            Effect::Write => None,
        };
        let started = Instant::now();
        let first = self.send_once(call, request).await;
        match (&first, again) {
            (Err(UpstreamErrorKind::Unavailable { retry_after: None }), Some(request))
                if started.elapsed() < RETRY_WITHIN =>
            {
                tokio::time::sleep(Duration::from_millis(rand::random_range(50..250))).await;
                self.send_once(call, request).await
            }
            _ => first,
        }
    }

    async fn send_once(&self, call: Call, request: RequestBuilder) -> Result<Reply, UpstreamErrorKind> {
        let span = tracing::debug_span!("upstream", provider = call.provider.name(), operation = call.operation);
        async move {
            let started = Instant::now();
            let result = exchange(call, request).await;
            let outcome = match &result {
                Ok(reply) if reply.status.is_success() => "ok",
                Ok(_) => "error_status",
                Err(kind) => kind.name(),
            };
            let elapsed = started.elapsed();
            metrics::histogram!("upstream_request_seconds",
                "provider" => call.provider.name(), "operation" => call.operation, "outcome" => outcome)
            .record(elapsed.as_secs_f64());
            tracing::debug!(outcome, elapsed_ms = elapsed.as_millis() as u64, "upstream call");
            result
        }
        .instrument(span)
        .await
    }
}

async fn exchange(call: Call, request: RequestBuilder) -> Result<Reply, UpstreamErrorKind> {
    let mut response = request.send().await.map_err(|error| transport(call, &error))?;
    let mut reply = Reply { status: response.status(), headers: response.headers().clone(), body: Vec::new() };
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(call, &error))? {
        if reply.body.len() + chunk.len() > MAX_BODY_BYTES {
            tracing::warn!(limit = MAX_BODY_BYTES, "upstream answer is too large");
            return Err(match call.effect {
                Effect::Read => UpstreamErrorKind::garbled("the answer is too large"),
                Effect::Write => UpstreamErrorKind::OutcomeUnknown,
            });
        }
        reply.body.extend_from_slice(&chunk);
    }
    match reply.status {
        StatusCode::TOO_MANY_REQUESTS => Err(UpstreamErrorKind::Unavailable { retry_after: reply.retry_after() }),
        // With Retry-After somebody says that the call was not taken; without it a proxy may have lost the answer.
        StatusCode::SERVICE_UNAVAILABLE if reply.retry_after().is_some() => {
            Err(UpstreamErrorKind::Unavailable { retry_after: reply.retry_after() })
        }
        status if status.is_server_error() => Err(call.no_answer()),
        _ => Ok(reply),
    }
}

fn transport(call: Call, error: &reqwest::Error) -> UpstreamErrorKind {
    // reqwest's text has the address with its query; the kind of failure is enough.
    let what = if error.is_connect() {
        "connect"
    } else if error.is_timeout() {
        "timeout"
    } else if error.is_builder() {
        "builder"
    } else {
        "interrupted"
    };
    tracing::debug!(what, "upstream call failed");
    if error.is_connect() || error.is_builder() { UpstreamErrorKind::unavailable() } else { call.no_answer() }
}
