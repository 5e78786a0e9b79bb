//! The gate that every upstream HTTP call passes: latency, faults, the call log.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;
use tokio::time::sleep;

use crate::World;
use crate::faults::{DelayPoint, FaultKind, System};
use crate::freebit;

/// A second handle on the connection's socket, kept to be able to cut the line without an answer.
struct Line(Arc<TcpStream>);

/// Keeps a handle on each plain connection. A TLS stream's type is not nameable here; there a cut shows as a body
/// that breaks off (see [`gated`]).
pub(crate) fn remember_line(connection: &dyn Any, data: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>()
        && let Ok(copy) = stream.as_fd().try_clone_to_owned()
    {
        data.insert(Line(Arc::new(TcpStream::from(copy))));
    }
}

/// An answer before it is sent, so that faults can be worked into it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// One word or two for the call log.
    pub outcome: String,
}

impl Reply {
    pub(crate) fn json<T: Serialize>(status: u16, body: &T) -> Self {
        Self {
            status,
            content_type: "application/json;charset=UTF-8",
            headers: Vec::new(),
            // Answers are made of JSON values with string keys: writing them cannot fail.
            body: serde_json::to_vec(body).unwrap_or_default(),
            outcome: status.to_string(),
        }
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into(), outcome: status.to_string() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::text(status, "", Vec::new())
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with_outcome(mut self, outcome: impl Into<String>) -> Self {
        self.outcome = outcome.into();
        self
    }

    fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut builder = HttpResponse::build(status);
        if !self.content_type.is_empty() {
            builder.content_type(self.content_type);
        }
        for header in self.headers {
            builder.insert_header(header);
        }
        builder.body(self.body)
    }
}

/// Runs one upstream call. The work goes on when the caller hangs up, as it does in the real systems.
///
/// `operations` are the names a fault may use for this call; the first one is logged.
pub(crate) async fn gated<F>(
    world: &World,
    request: &HttpRequest,
    system: System,
    operations: Vec<String>,
    work: F,
) -> HttpResponse
where
    F: FnOnce(&World) -> Reply + Send + 'static,
{
    let line = request.conn_data::<Line>().map(|line| Arc::clone(&line.0));
    let world = world.clone();
    let task = tokio::spawn(async move {
        let started = Instant::now();
        let fault = world.strike(system, &operations);
        let name = operations.into_iter().next().unwrap_or_default();
        let (reply, cut) = run(&world, system, fault, work).await;
        let outcome = if cut { format!("{} (answer lost)", reply.outcome) } else { reply.outcome.clone() };
        world.log_call(system, name, started, outcome);
        (reply, cut)
    });
    let Ok((reply, cut)) = task.await else {
        return HttpResponse::InternalServerError().finish();
    };
    if cut {
        return match line {
            Some(line) => {
                // Already closed by the peer is as good.
                let _ = line.shutdown(Shutdown::Both);
                HttpResponse::ServiceUnavailable().finish()
            }
            None => HttpResponse::Ok().streaming(futures_util::stream::once(async {
                Err::<actix_web::web::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
            })),
        };
    }
    reply.into_response()
}

async fn run<F>(world: &World, system: System, fault: Option<FaultKind>, work: F) -> (Reply, bool)
where
    F: FnOnce(&World) -> Reply,
{
    let latency = world.delays().latency_ms;
    if latency > 0 {
        sleep(Duration::from_millis(latency)).await;
    }
    match fault {
        None => (work(world), false),
        Some(FaultKind::Delay(ms, DelayPoint::BeforeCommit)) => {
            sleep(Duration::from_millis(ms)).await;
            (work(world), false)
        }
        Some(FaultKind::Delay(ms, DelayPoint::AfterCommit)) => {
            let reply = work(world);
            sleep(Duration::from_millis(ms)).await;
            (reply, false)
        }
        Some(FaultKind::DropBefore) => (Reply::empty(503).with_outcome("dropped"), true),
        Some(FaultKind::DropAfterCommit) => (work(world), true),
        Some(FaultKind::Garbled) => {
            let mut reply = work(world);
            reply.body.truncate(reply.body.len() / 2);
            reply.body.extend_from_slice(b"\xff<");
            let outcome = format!("{} (garbled)", reply.outcome);
            (reply.with_outcome(outcome), false)
        }
        Some(FaultKind::Html503) => (maintenance_page(), false),
        Some(FaultKind::Status(code, retry_after)) => {
            let reply = status_reply(system, code);
            let reply = match retry_after {
                Some(seconds) => reply.with_header("Retry-After", seconds.to_string()),
                None => reply,
            };
            (reply, false)
        }
        Some(FaultKind::Refuse(text)) => (refusal(system, &text), false),
    }
}

fn maintenance_page() -> Reply {
    let page = "<!DOCTYPE html><html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>";
    Reply::text(503, "text/html; charset=utf-8", page).with_outcome("503 html")
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
