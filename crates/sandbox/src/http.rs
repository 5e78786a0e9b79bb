//! The gate that every upstream HTTP call passes: latency, faults, the call log.

mod faulted;

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Extensions;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::World;
use crate::faults::{Attempt, Parameters, System};
use crate::sentinels;
use crate::world::calls::Ended;
use faulted::Sending;

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

    /// Status and headers, and the bytes to be sent.
    fn into_parts(self) -> (HttpResponseBuilder, Vec<u8>) {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut builder = HttpResponse::build(status);
        if !self.content_type.is_empty() {
            builder.content_type(self.content_type);
        }
        for header in self.headers {
            builder.insert_header(header);
        }
        (builder, self.body)
    }
}

/// What an upstream call is, for faults and for the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incoming {
    /// The names that a fault may use for it; the first one is logged.
    pub operations: Vec<String>,
    pub parameters: Parameters,
    /// The token or key that it comes with.
    pub session: Option<String>,
}

impl From<Vec<String>> for Incoming {
    fn from(operations: Vec<String>) -> Self {
        Self { operations, ..Self::default() }
    }
}

impl Incoming {
    pub(crate) fn named(operation: impl Into<String>, parameters: Parameters) -> Self {
        Self { operations: vec![operation.into()], parameters, session: None }
    }
}

/// Runs one upstream call. The work goes on when the caller hangs up, as it does in the real systems.
pub(crate) async fn gated<F>(
    world: &World,
    request: &HttpRequest,
    system: System,
    incoming: impl Into<Incoming>,
    work: F,
) -> HttpResponse
where
    F: FnOnce(&World) -> Reply + Send + 'static,
{
    let line = request.conn_data::<Line>().map(|line| Arc::clone(&line.0));
    let world = world.clone();
    let incoming = incoming.into();
    let task = tokio::spawn(async move {
        let started = Instant::now();
        let Incoming { operations, parameters, session } = incoming;
        let attempt = Attempt {
            system,
            operations: &operations,
            parameters: &parameters,
            has_session: session.is_some(),
            events: 0,
        };
        let struck = world.strike(&attempt).or_else(|| sentinels::fault(&attempt));
        let kind = struck.as_ref().map(|struck| struck.kind.clone());
        let (reply, sending) = faulted::run(&world, system, kind, session.as_deref(), work).await;
        let status = (!matches!(sending, Sending::Cut)).then_some(reply.status);
        let outcome = match sending.describe() {
            "" => reply.outcome.clone(),
            how => format!("{} ({how})", reply.outcome),
        };
        let operation = operations.into_iter().next().unwrap_or_default();
        world.log_ended(Ended { system, operation, started, status, outcome, parameters: &parameters, struck });
        (reply, sending)
    });
    let Ok((reply, sending)) = task.await else {
        return HttpResponse::InternalServerError().finish();
    };
    if !matches!(sending, Sending::Cut) {
        let (mut builder, body) = reply.into_parts();
        return sending.answer(&mut builder, body);
    }
    match line {
        Some(line) => {
            // Already closed by the peer is as good.
            let _ = line.shutdown(Shutdown::Both);
            HttpResponse::ServiceUnavailable().finish()
        }
        None => HttpResponse::Ok().streaming(futures_util::stream::once(async {
            Err::<actix_web::web::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
        })),
    }
}
