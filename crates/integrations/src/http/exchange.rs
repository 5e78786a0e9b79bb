//! One call and its answer: what was asked, what came back whole, and what a missing or broken answer means for a read and
//! for a write. Sends once and judges no provider's errors.

use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Largest answer, after decompression, unless the call says otherwise.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

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
    /// Largest answer, bytes after decompression.
    pub body_limit: usize,
}

impl Call {
    pub const fn read(provider: Provider, operation: &'static str) -> Self {
        Self { provider, operation, effect: Effect::Read, body_limit: MAX_BODY_BYTES }
    }
    pub const fn write(provider: Provider, operation: &'static str) -> Self {
        Self { provider, operation, effect: Effect::Write, body_limit: MAX_BODY_BYTES }
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
    /// The body as JSON. Maintenance pages, proxies and PHP faults answer in HTML, whatever the status: that is no answer,
    /// as is JSON that ends too early. Text that is neither is outside the contract: garbled for a read, unknown for a write.
    pub fn json(&self, call: Call) -> Result<Value, UpstreamErrorKind> {
        self.parse(call)
    }

    /// The same as a type of our own: what does not fit it is outside the contract too.
    pub fn parse<T: DeserializeOwned>(&self, call: Call) -> Result<T, UpstreamErrorKind> {
        serde_json::from_slice(&self.body).map_err(|error| {
            if call.effect == Effect::Write || error.is_eof() || self.ends_in_a_character() || self.is_html() {
                call.no_answer()
            } else if error.is_data() {
                UpstreamErrorKind::garbled(error_shape(&error))
            } else {
                UpstreamErrorKind::garbled(format!("not JSON at byte {} of {}", error.column(), self.body.len()))
            }
        })
    }

    /// Statuses that say "not now" or "failed", whoever says it.
    ///
    /// # Errors
    /// `Unavailable` where the call was not taken, otherwise what no answer means for this call.
    pub fn served(&self, call: Call) -> Result<(), UpstreamErrorKind> {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => Err(UpstreamErrorKind::Unavailable { retry_after: self.retry_after() }),
            // With Retry-After somebody says that the call was not taken; without it a proxy may have lost the answer.
            StatusCode::SERVICE_UNAVAILABLE if self.retry_after().is_some() => {
                Err(UpstreamErrorKind::Unavailable { retry_after: self.retry_after() })
            }
            status if status.is_server_error() => Err(call.no_answer()),
            _ => Ok(()),
        }
    }

    /// The pause that the system, or what stands before it, asks of every caller. A refusal of one record that names a time
    /// is none.
    pub(super) fn asked_for_patience(&self) -> Option<Duration> {
        matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
            .then(|| self.retry_after())
            .flatten()
    }

    fn ends_in_a_character(&self) -> bool {
        std::str::from_utf8(&self.body).is_err_and(|error| error.error_len().is_none())
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

/// Sends once and reads the whole answer.
pub(super) async fn exchange(call: Call, request: RequestBuilder) -> Result<Reply, UpstreamErrorKind> {
    let mut response = request.send().await.map_err(|error| transport(call, &error))?;
    let mut reply = Reply { status: response.status(), headers: response.headers().clone(), body: Vec::new() };
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(call, &error))? {
        if reply.body.len() + chunk.len() > call.body_limit {
            tracing::warn!(limit = call.body_limit, "upstream answer is too large");
            return Err(match call.effect {
                Effect::Read => UpstreamErrorKind::garbled("the answer is too large"),
                Effect::Write => UpstreamErrorKind::OutcomeUnknown,
            });
        }
        reply.body.extend_from_slice(&chunk);
    }
    Ok(reply)
}

/// serde's words up to the value that they quote.
pub(crate) fn error_shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(['"', '`', ',']).next().unwrap_or_default().trim().to_owned()
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
