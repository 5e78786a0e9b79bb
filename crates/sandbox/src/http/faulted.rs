//! An upstream call with a fault in it: what is done, what is answered, and how the bytes are sent.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::time::sleep;

use super::Reply;
use crate::World;
use crate::faults::{DelayPoint, FaultKind, System};
use crate::freebit;

/// Bytes of padding that are written at once.
const PADDING: usize = 64 * 1024;
const MEGABYTE: u64 = 1_000_000;

/// How an answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    Whole,
    /// The connection is closed in place of an answer.
    Cut,
    /// In pieces with a pause before each.
    Drip {
        pieces: u32,
        pause: Duration,
    },
    /// With blanks behind it.
    Padded {
        bytes: u64,
    },
}

impl Sending {
    /// A word for the log of calls; empty when nothing is unusual.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Cut => "answer lost",
            Self::Drip { .. } => "in drops",
            Self::Padded { .. } => "padded",
        }
    }

    pub(super) fn answer(self, builder: &mut HttpResponseBuilder, body: Vec<u8>) -> HttpResponse {
        match self {
            Self::Whole | Self::Cut => builder.body(body),
            Self::Drip { pieces, pause } => builder.streaming(drip(body, pieces, pause)),
            Self::Padded { bytes } => builder.streaming(padded(body, bytes)),
        }
    }
}

/// The body in at most so many pieces, each after a pause; a body with fewer bytes waits the rest of the pauses first.
fn drip(body: Vec<u8>, pieces: u32, pause: Duration) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let pieces = pieces.max(1);
    let size = body.len().div_ceil(usize::try_from(pieces).unwrap_or(usize::MAX)).max(1);
    let body = Bytes::from(body);
    let parts: Vec<Bytes> =
        (0..body.len()).step_by(size).map(|at| body.slice(at..(at + size).min(body.len()))).collect();
    let first = u32::try_from(parts.len()).unwrap_or(pieces).min(pieces);
    let wait = pause.saturating_mul(pieces - first);
    stream::iter(parts.into_iter().enumerate()).then(move |(at, part)| async move {
        sleep(if at == 0 { wait.saturating_add(pause) } else { pause }).await;
        Ok(part)
    })
}

fn padded(body: Vec<u8>, bytes: u64) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let blanks = Bytes::from(vec![b' '; PADDING]);
    let chunk = PADDING as u64;
    let padding = (0..bytes.div_ceil(chunk)).map(move |at| {
        let rest = usize::try_from((bytes - at * chunk).min(chunk)).unwrap_or(PADDING);
        blanks.slice(..rest)
    });
    stream::once(async move { Bytes::from(body) }).chain(stream::iter(padding)).map(Ok)
}

/// Waits, works and answers as the fault wants it. `session` is the one that the call came with.
pub(super) async fn run<F>(
    world: &World,
    system: System,
    fault: Option<FaultKind>,
    session: Option<&str>,
    work: F,
) -> (Reply, Sending)
where
    F: FnOnce(&World) -> Reply,
{
    let latency = world.delays().latency_ms;
    if latency > 0 {
        sleep(Duration::from_millis(latency)).await;
    }
    let Some(fault) = fault else { return (work(world), Sending::Whole) };
    let whole = |reply: Reply| (reply, Sending::Whole);
    match fault {
        FaultKind::Delay(ms, DelayPoint::BeforeCommit) => {
            sleep(Duration::from_millis(ms)).await;
            whole(work(world))
        }
        FaultKind::Delay(ms, DelayPoint::AfterCommit) => {
            let reply = work(world);
            sleep(Duration::from_millis(ms)).await;
            whole(reply)
        }
        FaultKind::DropBefore => (Reply::empty(503).with_outcome("dropped"), Sending::Cut),
        FaultKind::DropAfterCommit => (work(world), Sending::Cut),
        FaultKind::Garbled => {
            let mut reply = work(world);
            reply.body.truncate(reply.body.len() / 2);
            reply.body.extend_from_slice(b"\xff<");
            let outcome = format!("{} (garbled)", reply.outcome);
            whole(reply.with_outcome(outcome))
        }
        FaultKind::Html503 => whole(maintenance_page(503).with_outcome("503 html")),
        FaultKind::Html200 => {
            let outcome = format!("{} (answered with html)", work(world).outcome);
            whole(maintenance_page(200).with_outcome(outcome))
        }
        FaultKind::Mislabelled => {
            let reply = work(world);
            whole(Reply { content_type: "text/html; charset=utf-8", ..reply })
        }
        FaultKind::Drip { pieces, pause_ms } => {
            (work(world), Sending::Drip { pieces, pause: Duration::from_millis(pause_ms) })
        }
        FaultKind::TooLarge { megabytes } => (work(world), Sending::Padded { bytes: u64::from(megabytes) * MEGABYTE }),
        FaultKind::Status(code, retry_after) => {
            let reply = status_reply(system, code);
            whole(match retry_after {
                Some(seconds) => reply.with_header("Retry-After", seconds.to_string()),
                None => reply,
            })
        }
        FaultKind::Refuse(text) => whole(refusal(system, &text)),
        FaultKind::SoftFailure(text) => {
            let outcome = format!("success, warning: {text}");
            whole(Reply::json(200, &json!({ "result": "success", "warning": text })).with_outcome(outcome))
        }
        FaultKind::ExpiredSession => {
            world.end_session(system, session.unwrap_or_default());
            whole(work(world))
        }
        // These never strike a call over HTTP, see `FaultKind::strikes_at`.
        FaultKind::Duplicate
        | FaultKind::Reorder
        | FaultKind::Reset { .. }
        | FaultKind::Interrupt { .. }
        | FaultKind::Silent
        | FaultKind::CorruptedReplayId => whole(work(world)),
    }
}

fn maintenance_page(status: u16) -> Reply {
    let page = "<!DOCTYPE html><html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>";
    Reply::text(status, "text/html; charset=utf-8", page)
}

/// An HTTP status as the system itself would dress it.
fn status_reply(system: System, code: u16) -> Reply {
    match system {
        System::Salesforce | System::PubSub => {
            let (error, message) = match code {
                401 => ("INVALID_SESSION_ID", "Session expired or invalid"),
                403 => ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
                404 => ("NOT_FOUND", "The requested resource does not exist"),
                502 | 503 => ("SERVER_UNAVAILABLE", "The server is temporarily unavailable"),
                _ => (
                    "UNKNOWN_EXCEPTION",
                    "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-1234567890)",
                ),
            };
            Reply::json(code, &json!([{ "message": message, "errorCode": error }]))
        }
        System::Whmcs if code == 403 => {
            Reply::json(403, &json!({ "result": "error", "message": "Authentication Failed" }))
        }
        System::Freebit if code < 500 && code != 429 => freebit::failure("500-1"),
        // WHMCS and Freebit know no such statuses: a proxy in front of them speaks HTML.
        System::Whmcs | System::Freebit => {
            Reply::text(code, "text/html; charset=utf-8", format!("<html><body><h1>{code}</h1></body></html>"))
        }
    }
}

fn refusal(system: System, text: &str) -> Reply {
    match system {
        System::Salesforce | System::PubSub => {
            let (code, message) = match text.split_once(':') {
                Some((code, message)) if code.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                    (code, message.trim())
                }
                _ => ("FIELD_CUSTOM_VALIDATION_EXCEPTION", text),
            };
            // The code decides the status, as in the table of errors.
            let status = match code {
                "INVALID_SESSION_ID" => 401,
                "REQUEST_LIMIT_EXCEEDED" | "INSUFFICIENT_ACCESS_OR_READONLY" | "API_DISABLED_FOR_ORG" => 403,
                "NOT_FOUND" | "ENTITY_IS_DELETED" => 404,
                "UNKNOWN_EXCEPTION" => 500,
                "SERVER_UNAVAILABLE" => 503,
                _ => 400,
            };
            Reply::json(status, &json!([{ "message": message, "errorCode": code, "fields": [] }]))
        }
        System::Whmcs => {
            Reply::json(200, &json!({ "result": "error", "message": text })).with_outcome(format!("error: {text}"))
        }
        System::Freebit => freebit::failure(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lengths(stream: impl Stream<Item = Result<Bytes, Infallible>>) -> Vec<usize> {
        stream.map(|part| part.map_or(0, |part| part.len())).collect().await
    }

    #[tokio::test]
    async fn drops_take_as_long_as_they_should_and_lose_nothing() {
        let pause = Duration::from_millis(20);
        for (bytes, pieces, expected) in [(10, 4, vec![3, 3, 3, 1]), (2, 8, vec![1, 1]), (0, 3, vec![])] {
            let started = std::time::Instant::now();
            let total: usize = expected.iter().sum();
            assert_eq!(lengths(drip(vec![b'x'; bytes], pieces, pause)).await, expected);
            assert!(
                total == 0 || started.elapsed() >= pause * pieces,
                "a short answer is as slow: {bytes} in {pieces}"
            );
        }
    }

    #[tokio::test]
    async fn padding_is_as_long_as_asked_for() {
        let lengths = lengths(padded(b"{}".to_vec(), MEGABYTE)).await;
        assert_eq!(lengths.iter().sum::<usize>(), 1_000_002);
        assert_eq!(lengths[0], 2, "the answer comes first");
    }
}
