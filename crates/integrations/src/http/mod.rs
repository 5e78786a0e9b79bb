//! The one way to send a request: time-outs, no redirects, a cap on the answer, repeats of reads, a limit of calls at a
//! time, a circuit breaker, metrics, a span, and what a missing or broken answer means for a read and for a write. Knows no
//! provider's errors: the caller judges each answer, and everything here follows that judgement.

mod breaker;
mod deadline;
mod exchange;
pub(crate) mod health;
mod holds;

pub use deadline::send_before;
pub(crate) use exchange::{Call, Effect, Reply, error_shape};

use crate::error::{Provider, UpstreamErrorKind};
use breaker::Breaker;
use exchange::exchange;
use health::{Health, Recent};
use holds::Holds;
use reqwest::{Client, RequestBuilder, redirect};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

/// Time to reach a system.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
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
