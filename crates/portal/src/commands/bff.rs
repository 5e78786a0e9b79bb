//! The API role.

use super::{asked_to_stop, start};
use crate::boot;
use crate::config::Role;
use crate::keys::Keys;
use anyhow::Context as _;

pub async fn run() -> anyhow::Result<()> {
    let settings = start(Role::Bff)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    let upstreams = settings.upstreams.as_ref().context("upstreams are not configured")?;
    let shared = boot::shared(&settings, db, upstreams, boot::clock(&settings)).await?;
    let s = &settings.bff;
    let (Some(jwt), Some(refresh), Some(secrets)) = (s.jwt_key.clone(), s.refresh_key.clone(), s.secrets_key.clone())
    else {
        anyhow::bail!("PORTAL_BFF__JWT_KEY, PORTAL_BFF__REFRESH_KEY and PORTAL_BFF__SECRETS_KEY are needed");
    };
    let listener = std::net::TcpListener::bind(settings.bff.listen)
        .with_context(|| format!("cannot listen on {}", settings.bff.listen))?;
    tracing::info!(address = %listener.local_addr()?, "bff listens");
    let _health = boot::report_health(&shared, &boot::process_name("bff"));
    let state = boot::bff_state(&settings, &shared, Keys { jwt, refresh, secrets });
    bff::serve(state, listener, settings.bff.workers, asked_to_stop()).await
}
