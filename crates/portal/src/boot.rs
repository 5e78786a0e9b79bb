//! Puts the parts together: store, cache, bus, clients, states of bff and worker.

use crate::config::{Settings, Upstreams};
use crate::keys::Keys;
use anyhow::Context as _;
use integrations::{freebit, salesforce, whmcs};
use platform::queue::Wake;
use platform::redis::Redis;
use platform::store::health;
use platform::{Bus, Cache, Clock, Db};
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What bff and worker share inside one process.
#[derive(Clone)]
pub struct Shared {
    pub db: Db,
    pub redis: Option<Redis>,
    pub bus: Bus,
    pub cache: Cache,
    pub clock: Clock,
    pub salesforce: salesforce::Client,
    pub whmcs: whmcs::Client,
    pub freebit: freebit::Client,
}

/// Connects to the database and reports a wrong schema in words.
pub async fn open_store(settings: &Settings) -> anyhow::Result<Db> {
    if let Some(folder) = sqlite_folder(&settings.database_url) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Db::connect(&settings.database_url, settings.database_connections)
        .await
        .context("the database (PORTAL_STORE__DATABASE_URL) cannot be reached")
}

fn sqlite_folder(url: &Url) -> Option<&Path> {
    let path = url.as_str().strip_prefix("sqlite://")?;
    Path::new(path.split('?').next().unwrap_or(path)).parent().filter(|p| !p.as_os_str().is_empty())
}

/// Refuses to serve on an old schema: a half-known table is worse than no answer.
pub async fn require_schema(db: &Db) -> anyhow::Result<()> {
    anyhow::ensure!(
        migrations::is_current(db.conn()).await?,
        "the database schema is not the one of this release; run `portal migrate`"
    );
    // Else every page of a customer would fail, one by one.
    migrations::wall::require(db.conn()).await?;
    Ok(())
}

/// The machine's clock, or one ahead of it where the settings say so.
pub const fn clock(settings: &Settings) -> Clock {
    match settings.clock_offset_seconds {
        0 => Clock::system(),
        seconds => Clock::ahead(seconds),
    }
}

/// Builds what both roles need.
pub async fn shared(settings: &Settings, db: Db, upstreams: &Upstreams, clock: Clock) -> anyhow::Result<Shared> {
    platform::metrics::install();
    let redis = match &settings.redis_url {
        Some(url) => Some(Redis::new(url, &settings.redis_prefix).context("PORTAL_CACHE__REDIS_URL")?),
        None => None,
    };
    let bus = Bus::new(redis.clone());
    let cache = Cache::new(redis.clone(), bus.clone(), clock.clone());
    Ok(Shared {
        db,
        redis,
        bus,
        cache,
        clock,
        salesforce: salesforce::Client::new(upstreams.salesforce.clone()).context("Salesforce settings")?,
        whmcs: whmcs::Client::new(upstreams.whmcs.clone()).context("WHMCS settings")?,
        freebit: freebit::Client::new(upstreams.freebit.clone()).context("Freebit settings")?,
    })
}

/// The live bus of a command: reaches running processes over Redis where it is configured; without it they poll.
pub fn bus(settings: &Settings) -> anyhow::Result<Bus> {
    let redis = settings.redis_url.as_ref().map(|url| Redis::new(url, &settings.redis_prefix)).transpose();
    Ok(Bus::new(redis.context("PORTAL_CACHE__REDIS_URL")?))
}

/// A name for people: role, machine and process.
pub fn process_name(role: &str) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{role}-{}-{}", host.trim(), std::process::id())
}

/// Writes how this process sees the connected systems, until the result is dropped. One writer serves all roles of a
/// process, because they share their clients.
pub fn report_health(shared: &Shared, process: &str) -> JoinSet<()> {
    let Shared { db, clock, salesforce, whmcs, freebit, .. } = shared.clone();
    let look = move || {
        let seen = |h: integrations::Health| health::Seen {
            provider: h.provider,
            breaker: h.breaker,
            calls: h.calls,
            failed: h.failed,
            denied: h.denied,
            p50_ms: h.p50_ms,
            p99_ms: h.p99_ms,
        };
        [salesforce.health(), whmcs.health(), freebit.health()].map(seen).to_vec()
    };
    let mut writer = JoinSet::new();
    writer.spawn(health::keep(db, clock, process.into(), look));
    writer
}

/// The state of the worker role.
pub fn worker_state(
    settings: &Settings,
    shared: &Shared,
    stopping: CancellationToken,
) -> anyhow::Result<worker::WorkerState> {
    // SQLite belongs to one process, so the name may stay the same over restarts.
    let sole = !shared.db.is_postgres();
    let name = match sole {
        true => "all-in-one".to_owned(),
        false => format!("{}-{}", process_name("worker"), platform::clock::random_id().simple()),
    };
    Ok(worker::WorkerState {
        sent: worker::provisioning::Sent::default(),
        db: shared.db.clone(),
        bus: shared.bus.clone(),
        wake: Wake::new(&shared.db, &shared.bus),
        clock: shared.clock.clone(),
        events: salesforce::events::Subscriber::new(shared.salesforce.clone()).context("Pub/Sub settings")?,
        salesforce: shared.salesforce.clone(),
        whmcs: shared.whmcs.clone(),
        freebit: shared.freebit.clone(),
        config: Arc::new(settings.worker.clone()),
        name: name.into(),
        sole,
        stopping,
    })
}

/// The state of the bff role.
pub fn bff_state(settings: &Settings, shared: &Shared, keys: Keys) -> bff::AppState {
    let s = &settings.bff;
    let mut config = bff::Config::new(s.public_url.clone(), keys.jwt, keys.refresh);
    config.cookie_secure = s.cookie_secure;
    config.secrets_key = keys.secrets;
    config.previous_secrets_key = s.previous_secrets_key.clone();
    config.previous_jwt_key = s.previous_jwt_key.clone();
    config.previous_refresh_key = s.previous_refresh_key.clone();
    config.idle_hours = s.idle_hours;
    config.static_dir = s.static_dir.clone();
    config.customer_may_confirm = s.customer_may_confirm;
    config.tax_rate_percent = s.tax_rate_percent;
    config.metrics_token = s.metrics_token.clone();
    config.trust_forwarded_for = s.trust_forwarded_for;
    config.whmcs_webhook_secrets = s.webhook_secrets.clone();
    config.rates = s.rates;
    bff::AppState {
        db: shared.db.clone(),
        cache: shared.cache.clone(),
        bus: shared.bus.clone(),
        clock: shared.clock.clone(),
        redis: shared.redis.clone(),
        salesforce: shared.salesforce.clone(),
        whmcs: shared.whmcs.clone(),
        freebit: shared.freebit.clone(),
        config: Arc::new(config),
        draining: Arc::default(),
    }
}

/// The mail server that a running sandbox offers.
pub fn sandbox_mail(sandbox: &sandbox::Sandbox, public_url: Url) -> anyhow::Result<worker::mail::Config> {
    let (host, port) = sandbox.endpoints().smtp.rsplit_once(':').context("the sandbox's mail server")?;
    Ok(worker::mail::Config::plain(host, port.parse()?, "Portal <portal@example.com>", public_url))
}

/// The upstreams that a running sandbox offers.
pub fn sandbox_upstreams(sandbox: &sandbox::Sandbox) -> anyhow::Result<Upstreams> {
    let (at, who) = (sandbox.endpoints(), sandbox.credentials());
    let secret = |s: &str| SecretString::from(s.to_owned());
    Ok(Upstreams {
        salesforce: salesforce::Config {
            pubsub_ca: Some(at.ca_pem.clone()),
            ..salesforce::Config::new(
                at.salesforce.parse()?,
                who.salesforce_client_id.clone(),
                who.salesforce_username.clone(),
                secret(&who.salesforce_private_key_pem),
                at.pubsub.parse()?,
            )
        },
        whmcs: whmcs::Config::new(at.whmcs.parse()?, secret(&who.whmcs_identifier), secret(&who.whmcs_secret)),
        freebit: freebit::Config::new(at.freebit.parse()?, who.freebit_oem_id.clone(), secret(&who.freebit_oem_key)),
    })
}
