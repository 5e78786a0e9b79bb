//! The worker role.

use super::{asked_to_stop, start};
use crate::boot;
use crate::config::Role;
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

pub async fn run() -> anyhow::Result<()> {
    let settings = start(Role::Worker)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    let upstreams = settings.upstreams.as_ref().context("upstreams are not configured")?;
    let shared = boot::shared(&settings, db.clone(), upstreams, boot::clock(&settings)).await?;
    let stopping = CancellationToken::new();
    let listener = std::net::TcpListener::bind(settings.worker_listen)
        .with_context(|| format!("cannot listen on {}", settings.worker_listen))?;
    tracing::info!(address = %listener.local_addr()?, "worker listens for health and metrics");
    let ops = tokio::spawn(worker::ops::serve(db, listener, stopping.clone()));
    let state = boot::worker_state(&settings, &shared, stopping.clone())?;
    let _health = boot::report_health(&shared, &state.name);
    let working = tokio::spawn(worker::run(state));
    asked_to_stop().await;
    stopping.cancel();
    working.await.context("the worker ended badly")?;
    Ok(ops.await.context("the worker's listener ended badly")??)
}
