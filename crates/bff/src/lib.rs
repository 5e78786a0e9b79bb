//! The JSON API of the portal, and the files of its front end. Keeps no rule of the business (that is `domain`), no
//! SQL (`platform`) and no upstream address (`integrations`).

mod app;
pub mod config;
mod error;
mod features;
mod http;
mod offers;
pub mod outside;
mod state;

pub use config::{Config, PasswordCost, Rates};
pub use state::AppState;

use actix_web::{HttpServer, web};
use anyhow::Context as _;
use platform::bus::BusMessage;
use std::future::Future;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How long open requests may take to finish while the process stops, seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// The head of a request must be there by then; its body has a time of its own.
const HEAD_WAIT: Duration = Duration::from_secs(10);

/// Serves until `stop` is ready, then stops being ready, ends live connections, finishes open requests and orders.
/// Must be called inside a tokio runtime that outlives it.
///
/// # Errors
/// When a key is too short, a password cost is impossible, or the server fails.
pub async fn serve(
    state: AppState,
    listener: std::net::TcpListener,
    workers: usize,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    platform::metrics::install();
    let ctx = web::Data::new(state::Context::new(state)?);
    let listening = tokio::spawn(hear_of_ended_sessions(ctx.clone()));
    let watching = tokio::spawn(features::live::watch(ctx.clone()));
    let for_workers = ctx.clone();
    let server = HttpServer::new(move || app::app(for_workers.clone()))
        .workers(workers.max(1))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .client_request_timeout(HEAD_WAIT)
        // After an answer to a request that was not read to its end, what still comes is thrown away for so long.
        .client_disconnect_timeout(Duration::from_secs(1))
        .keep_alive(Duration::from_secs(75))
        .server_hostname(ctx.config.public_url.host_str().unwrap_or("localhost"))
        .listen(listener)
        .context("the HTTP server could not use its socket")?
        .run();
    let handle = server.handle();
    tokio::pin!(server);
    let outcome = tokio::select! {
        ended = &mut server => ended,
        () = stop => {
            ctx.stop();
            let (ended, ()) = tokio::join!(&mut server, handle.stop(true));
            ended
        }
    };
    // Orders whose browser has gone away are still being placed.
    let all = ctx.placings.acquire_many(state::MOST_PLACINGS);
    if tokio::time::timeout(Duration::from_secs(SHUTDOWN_SECONDS), all).await.is_err() {
        tracing::warn!("stopped while orders were being placed; their keys stay usable");
    }
    listening.abort();
    watching.abort();
    outcome.context("the HTTP server failed")
}

/// Hashes a password at the default cost, for accounts that are not made through the API.
///
/// # Errors
/// When the operating system gives no randomness.
pub async fn hash_password(password: String) -> anyhow::Result<String> {
    features::auth::hash_password(password.into(), PasswordCost::default()).await
}

/// Whether a password may be chosen, by the rules of sign-up.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_password(password: &str) -> Result<(), String> {
    domain::common::validation::password(password).map_err(|e| e.message.unwrap_or_default().into_owned())?;
    if features::auth::common_passwords::contains(password) {
        return Err("It is among the first that are tried. Choose another one.".to_owned());
    }
    Ok(())
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    app::document()
}

/// Access tokens of an ended session are refused at once, also when another process has ended it.
async fn hear_of_ended_sessions(ctx: state::Ctx) {
    let mut messages = ctx.bus.receive();
    loop {
        match messages.recv().await {
            Ok(BusMessage::SessionEnded { session_id }) => ctx.ended.ended(session_id),
            Ok(BusMessage::AccessChanged { customer_id }) => ctx.ended.forget_account(customer_id),
            Ok(BusMessage::Missed) | Err(RecvError::Lagged(_)) => ctx.ended.forget_all(),
            Ok(_) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
