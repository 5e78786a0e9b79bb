//! Everything in one process.

use super::migrate::DEMO_CLIENT;
use super::{asked_to_stop, say, start};
use crate::config::{Role, Settings};
use crate::{boot, demo, keys};
use anyhow::Context as _;
use sandbox::Sandbox;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio_util::sync::CancellationToken;

pub async fn run() -> anyhow::Result<()> {
    let settings = start(Role::Run)?;
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("cannot create {}", settings.data_dir.display()))?;
    let listener = std::net::TcpListener::bind(settings.bff.listen).with_context(|| {
        format!("cannot listen on {}; another program uses it, or set PORTAL_BFF__LISTEN", settings.bff.listen)
    })?;
    let mut keys = keys::load_or_create(&settings.data_dir)?;
    keys.jwt = settings.bff.jwt_key.clone().unwrap_or(keys.jwt);
    keys.refresh = settings.bff.refresh_key.clone().unwrap_or(keys.refresh);
    keys.secrets = settings.bff.secrets_key.clone().unwrap_or(keys.secrets);
    let db = boot::open_store(&settings).await?;
    migrations::apply(db.conn()).await?;
    let sandbox = start_sandbox(&settings).await?;
    let upstreams = match (&settings.upstreams, &sandbox) {
        (Some(upstreams), _) => upstreams.clone(),
        (None, Some(sandbox)) => boot::sandbox_upstreams(sandbox)?,
        (None, None) => anyhow::bail!("neither upstreams nor a sandbox"),
    };
    // Moved at the sandbox's console, both see the same time.
    let clock = match &sandbox {
        Some(sandbox) => {
            let world = sandbox.world().clock();
            platform::clock::Clock::following(move || domain::Timestamp(world.now_ms()))
        }
        None => boot::clock(&settings),
    };
    let shared = boot::shared(&settings, db, &upstreams, clock).await?;
    if sandbox.is_some() {
        demo::seed(&shared.db, &shared.clock, DEMO_CLIENT).await?;
    }
    let _health = boot::report_health(&shared, "all-in-one");
    let stopping = CancellationToken::new();
    let mut settings = settings;
    if let Some(sandbox) = &sandbox
        && settings.worker.mail.is_none()
    {
        settings.worker.mail = Some(boot::sandbox_mail(sandbox, settings.bff.public_url.clone())?);
    }
    let worker = tokio::spawn(worker::run(boot::worker_state(&settings, &shared, stopping.clone())?));
    if let Some(sandbox) = &sandbox {
        // Its WHMCS has the hook file installed.
        let url = format!("http://{}{}", local(listener.local_addr()?), domain::common::paths::WHMCS_WEBHOOK);
        sandbox.world().set_webhook(Some(url));
        settings.bff.webhook_secrets.push(sandbox.credentials().whmcs_webhook_secret.clone().into());
    }
    let state = boot::bff_state(&settings, &shared, keys);
    if let Err(error) = announce(&settings, sandbox.as_ref(), &listener) {
        tracing::warn!(%error, "the addresses could not be printed");
    }
    let served = bff::serve(state, listener, settings.bff.workers, asked_to_stop()).await;
    stopping.cancel();
    worker.await.context("the worker ended badly")?;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    served
}

/// How this machine reaches a listener; one on all addresses is reached on loopback.
fn local(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}

async fn start_sandbox(settings: &Settings) -> anyhow::Result<Option<Sandbox>> {
    if settings.upstreams.is_some() {
        return Ok(None);
    }
    let mut config = settings.sandbox.clone();
    config.data_dir = Some(settings.data_dir.join("sandbox"));
    let sandbox = sandbox::start(config).await.context("the sandbox cannot start (ports: PORTAL_SANDBOX__…_PORT)")?;
    Ok(Some(sandbox))
}

fn announce(settings: &Settings, sandbox: Option<&Sandbox>, listener: &std::net::TcpListener) -> anyhow::Result<()> {
    let mut lines =
        vec![String::new(), format!("  Portal            {}", settings.bff.public_url.as_str().trim_end_matches('/'))];
    if let Some(sandbox) = sandbox {
        lines.push(format!("  Demo sign-in      {} / {}", demo::EMAIL, demo::PASSWORD));
        let ops = settings.bff.public_url.join("ops").context("PORTAL_BFF__PUBLIC_URL")?;
        lines.push(format!("  Staff sign-in     {} / {}  ({ops})", demo::STAFF_EMAIL, demo::STAFF_PASSWORD));
        let console = sandbox.endpoints().console.replace("127.0.0.1", "localhost");
        lines.push(format!("  Sandbox console   {console}  (approve orders here)"));
    }
    lines.push(format!("  API               {}api/docs", settings.bff.public_url));
    lines.push("  Ctrl-C stops everything; the data stays.".to_owned());
    lines.push(String::new());
    tracing::debug!(address = %listener.local_addr()?, "bff listens");
    say(&lines.join("\n"))
}
