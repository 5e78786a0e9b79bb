//! The one way to send a request: time-outs, no redirects, a cap on the answer, repeats of reads, a limit of calls at a
//! time, a circuit breaker, metrics, a span, and what a missing or broken answer means for a read and for a write. Knows no
//! provider's errors: the caller judges each answer, and everything here follows that judgement.

mod breaker;
mod deadline;
pub(crate) mod health;
mod holds;

pub use deadline::send_before;

use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use breaker::Breaker;
use health::{Health, Recent};
use holds::Holds;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

/// Time to reach a system.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest answer, after decompression, unless the call says otherwise.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// How often a read is sent at most.
const READ_ATTEMPTS: u32 = 3;
/// Longest pause before the second attempt, doubled for the third; the pause is random below it.
const FIRST_BACKOFF_MS: u64 = 200;
/// A system that asks for a longer pause gets it from the caller, not from us.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Attempts begin within this share of a call's time, so that the last one has a chance to be answered.
const RETRY_SHARE: u32 = 2;
/// Time in the queue for a free place.
const QUEUE_LIMIT: Duration = Duration::from_secs(2);

/// Time for a whole call, by default.
pub(crate) const DEFAULT_TIMEOUT_MS: u64 = 10_000;

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
    fn asked_for_patience(&self) -> Option<Duration> {
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

/// What an answer was found to be: a value, and the word for it in the metrics.
pub(crate) type Judgement<T> = Result<(T, &'static str), UpstreamErrorKind>;

/// The connection pool of one provider, with its breaker and its limit.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    provider: Provider,
    client: Client,
    /// Time for a whole call with its repeats.
    limit: Duration,
    guards: Arc<Guards>,
}

#[derive(Debug)]
struct Guards {
    breaker: Breaker,
    recent: Recent,
    holds: Holds,
    places: Semaphore,
}

impl Http {
    /// `concurrency` calls run at a time (at least one); others queue for two seconds at most.
    ///
    /// # Errors
    /// When TLS cannot be set up (no root certificates).
    pub fn new(provider: Provider, timeout_ms: u64, concurrency: usize) -> Result<Self, reqwest::Error> {
        let limit = Duration::from_millis(timeout_ms);
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(limit)
            // A POST that is redirected becomes a GET and loses its body.
            .redirect(redirect::Policy::none())
            // Where calls go is configuration, not the environment.
            .no_proxy()
            // Below the 5 s after which common servers close an idle connection, so that a write is rarely sent into a
            // connection that is just being closed.
            .pool_idle_timeout(Duration::from_secs(4))
            .user_agent(concat!("customer-portal/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let guards = Guards {
            breaker: Breaker::new(provider.name(), announce),
            recent: Recent::default(),
            holds: Holds::default(),
            places: Semaphore::new(concurrency.max(1)),
        };
        metrics::gauge!("upstream_breaker_position", "provider" => provider.name())
            .set(breaker::Position::Closed.number());
        Ok(Self { provider, client, limit, guards: Arc::new(guards) })
    }

    /// How the last minutes of calls were.
    pub fn health(&self) -> Health {
        let breaker = self.guards.breaker.position().name();
        self.guards.recent.health(self.provider.name(), breaker, Instant::now())
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends, reads the whole answer and has it judged; judges begin with [`Reply::served`] or know better.
    ///
    /// A read that ends as `Unavailable` is sent again, twice at most, with growing random pauses or the short pause that
    /// they asked for, within the time of one call. A write is sent once. While the breaker is open nothing is sent, and
    /// after an answer that asked for patience ([`Holds`]) no call of that operation, whoever makes it. The time of a call
    /// begins when it has a place: a write that waited for one is given as long as any other.
    pub async fn call<T>(
        &self,
        call: Call,
        request: RequestBuilder,
        judge: impl Fn(Reply) -> Judgement<T>,
    ) -> Result<T, UpstreamErrorKind> {
        let mut request = request;
        let mut place = self.place(call).await?;
        let started = Instant::now();
        for attempt in 1.. {
            let spare = match call.effect {
                Effect::Read if attempt < READ_ATTEMPTS => request.try_clone(),
                Effect::Read | Effect::Write => None,
            };
            // Held back by ourselves: the caller hears it at once.
            let pass = self.admit(call)?;
            if call.effect == Effect::Write && deadline::is_over() {
                tracing::warn!(provider = self.provider.name(), operation = call.operation, "too late to send");
                return Err(UpstreamErrorKind::unavailable());
            }
            let left = self.limit.saturating_sub(started.elapsed());
            let result = self.attempt(call, pass, request.timeout(left), &judge).await;
            drop(place);
            let (Err(UpstreamErrorKind::Unavailable { retry_after }), Some(again)) = (&result, spare) else {
                return result;
            };
            let pause = retry_after.unwrap_or_else(|| {
                Duration::from_millis(rand::random_range(FIRST_BACKOFF_MS / 4..FIRST_BACKOFF_MS << (attempt - 1)))
            });
            let last_start = self.limit / RETRY_SHARE;
            if pause > LONGEST_WAIT || started.elapsed() + pause > last_start {
                return result;
            }
            tokio::time::sleep(pause).await;
            match self.place(call).await {
                Ok(again) if started.elapsed() <= last_start => place = again,
                Ok(_) | Err(_) => return result,
            }
            request = again;
        }
        // The loop ends by returning.
        Err(UpstreamErrorKind::unavailable())
    }

    async fn attempt<T>(
        &self,
        call: Call,
        pass: breaker::Pass<'_>,
        request: RequestBuilder,
        judge: &impl Fn(Reply) -> Judgement<T>,
    ) -> Result<T, UpstreamErrorKind> {
        let provider = self.provider.name();
        let span = tracing::debug_span!("upstream", provider, operation = call.operation);
        async move {
            let started = Instant::now();
            let reply = exchange(call, request).await;
            if let Ok(reply) = &reply
                && let Some(wait) = reply.asked_for_patience()
            {
                self.guards.holds.set(call.operation, wait, Instant::now());
            }
            let result = reply.and_then(judge);
            let outcome = match &result {
                Ok((_, outcome)) => outcome,
                Err(kind) => kind.name(),
            };
            let elapsed = started.elapsed();
            metrics::histogram!("upstream_request_seconds",
                "provider" => provider, "operation" => call.operation, "outcome" => outcome)
            .record(elapsed.as_secs_f64());
            tracing::debug!(outcome, elapsed_ms = elapsed.as_millis() as u64, "upstream call");
            let answered = result.as_ref().err().is_none_or(is_answer);
            let ended = Instant::now();
            pass.record(answered, ended);
            self.guards.recent.note(ended, elapsed, answered, result.as_ref().err());
            result.map(|(value, _)| value)
        }
        .instrument(span)
        .await
    }

    fn admit(&self, call: Call) -> Result<breaker::Pass<'_>, UpstreamErrorKind> {
        let now = Instant::now();
        // The hold first: a call that it stops must not be taken for the breaker's probe.
        let (by, wait) = match self.guards.holds.left(call.operation, now) {
            Some(wait) => ("hold", wait),
            None => match self.guards.breaker.admit(now) {
                Ok(pass) => return Ok(pass),
                Err(wait) => ("breaker", wait),
            },
        };
        metrics::counter!("upstream_rejected_total", "provider" => self.provider.name(), "by" => by).increment(1);
        Err(UpstreamErrorKind::Unavailable { retry_after: Some(wait) })
    }

    /// A free place. Calls that find none wait a little: a system that has become slow must not collect all our tasks.
    async fn place(&self, call: Call) -> Result<Place<'_>, UpstreamErrorKind> {
        let provider = self.provider.name();
        match tokio::time::timeout(QUEUE_LIMIT.min(self.limit), self.guards.places.acquire()).await {
            Ok(Ok(permit)) => Ok(Place::new(provider, permit)),
            Ok(Err(_)) | Err(_) => {
                metrics::counter!("upstream_rejected_total", "provider" => provider, "by" => "limit").increment(1);
                tracing::warn!(provider, operation = call.operation, "too many calls at a time");
                Err(UpstreamErrorKind::Unavailable { retry_after: Some(QUEUE_LIMIT) })
            }
        }
    }
}

fn announce(provider: &'static str, position: breaker::Position) {
    metrics::gauge!("upstream_breaker_position", "provider" => provider).set(position.number());
    metrics::counter!("upstream_breaker_changes_total", "provider" => provider, "to" => position.name()).increment(1);
    match position {
        breaker::Position::Open => tracing::warn!(provider, "does not answer; calls are held back"),
        breaker::Position::HalfOpen => tracing::debug!(provider, "one call finds out whether it answers"),
        breaker::Position::Closed => tracing::info!(provider, "answers again"),
    }
}

/// A call under way; counted in the metrics for as long as it lives.
struct Place<'s> {
    provider: &'static str,
    _permit: SemaphorePermit<'s>,
}

impl<'s> Place<'s> {
    fn new(provider: &'static str, permit: SemaphorePermit<'s>) -> Self {
        metrics::gauge!("upstream_calls_under_way", "provider" => provider).increment(1.0);
        Self { provider, _permit: permit }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        metrics::gauge!("upstream_calls_under_way", "provider" => self.provider).decrement(1.0);
    }
}

/// Whether the system is there. A refusal, an unknown thing, a wrong key and an answer that we cannot read all come from a
/// system that works; holding back other calls would not help it.
const fn is_answer(kind: &UpstreamErrorKind) -> bool {
    match kind {
        UpstreamErrorKind::Unavailable { .. } | UpstreamErrorKind::OutcomeUnknown => false,
        UpstreamErrorKind::Refused { .. }
        | UpstreamErrorKind::NotFound
        | UpstreamErrorKind::Garbled { .. }
        | UpstreamErrorKind::Denied => true,
    }
}

async fn exchange(call: Call, request: RequestBuilder) -> Result<Reply, UpstreamErrorKind> {
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
