//! All settings of the portal, composed from the sections that its parts need.

mod api;
mod background;
mod mail;
mod upstreams;

use platform::config::{ConfigFaults, Reader};
use platform::telemetry::Format;
use secrecy::ExposeSecret as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

pub use api::Bff;
pub use upstreams::Upstreams;

/// What a process is going to do; decides which settings must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything in one process; the sandbox stands in for upstreams that are not configured.
    Run,
    Bff,
    Worker,
    Sandbox,
    /// Commands that need the database only.
    Store,
}

/// How strict the settings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Development,
    Production,
}

impl std::str::FromStr for Mode {
    type Err = &'static str;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("must be development or production"),
        }
    }
}

/// Everything that was read.
pub struct Settings {
    pub mode: Mode,
    pub data_dir: PathBuf,
    pub log_format: Format,
    pub log_filter: String,
    pub database_url: Url,
    pub database_connections: u32,
    pub redis_url: Option<Url>,
    pub redis_prefix: String,
    /// Seconds ahead of the machine's clock.
    pub clock_offset_seconds: i64,
    pub bff: Bff,
    /// `None`: the sandbox is started and used.
    pub upstreams: Option<Upstreams>,
    pub worker: worker::Config,
    pub worker_listen: SocketAddr,
    pub sandbox: sandbox::Config,
}

/// Reads the process's environment.
///
/// # Errors
/// All faults at once.
pub fn load(role: Role) -> Result<Settings, ConfigFaults> {
    let mut reader = Reader::from_env();
    let settings = read(&mut reader, role);
    reader.finish(settings)
}

/// The reference of all settings as Markdown.
pub fn reference() -> String {
    let mut reader = Reader::new([]);
    // Faults of an empty environment are of no interest here, only the declarations.
    let _ = read(&mut reader, Role::Bff);
    reader.markdown()
}

fn read(r: &mut Reader, role: Role) -> Option<Settings> {
    let mode = r.or::<Mode>(
        "MODE",
        "development or production",
        "development",
        "production refuses whatever is only fit for trying out",
    );
    let data_dir = r.or::<PathBuf>(
        "DATA_DIR",
        "path",
        "data",
        "where the all-in-one process keeps its database, keys and the sandbox's world",
    );
    let log_format = r.or::<Format>("LOG__FORMAT", "text or json", "text", "form of log lines");
    let log_filter = r.or::<String>(
        "LOG__FILTER",
        "filter",
        "info,sqlx=warn,sea_orm_migration=warn,actix_server=warn,h2=warn",
        "what is logged, in tracing's form",
    );
    let database_url = database(r, role, data_dir.as_deref());
    let database_connections =
        r.or::<u32>("STORE__MAX_CONNECTIONS", "number", "10", "most open database connections of this process");
    let redis_url = secret_url(
        r,
        "CACHE__REDIS_URL",
        false,
        "Redis for cache, live messages and wake-ups; empty: this process alone",
    );
    let redis_prefix = r.or::<String>("CACHE__PREFIX", "text", "portal", "prefix of every key and channel in Redis");
    let clock_offset = r.or::<i64>(
        "CLOCK__OFFSET_SECONDS",
        "seconds",
        "0",
        "how far the portal's clock is ahead of the machine's, for demonstrations; production takes only 0, and the sandbox of \
         `portal run` brings its own clock",
    );
    let bff = api::read(r, role);
    let upstreams = upstreams::read(r, role);
    let mail = mail::read(r, role, bff.as_ref().map(|bff| &bff.public_url));
    let (worker, worker_listen) = background::worker(r, role, upstreams.is_some());
    let sandbox = background::sandbox(r);
    let settings = Settings {
        mode: mode?,
        data_dir: data_dir?,
        log_format: log_format?,
        log_filter: log_filter?,
        database_url: database_url?,
        database_connections: database_connections?,
        redis_url,
        redis_prefix: redis_prefix?,
        clock_offset_seconds: clock_offset?,
        bff: bff?,
        upstreams,
        worker: worker::Config { mail, ..worker? },
        worker_listen: worker_listen?,
        sandbox: sandbox?,
    };
    production_rules(r, role, &settings);
    Some(settings)
}

fn database(r: &mut Reader, role: Role, data_dir: Option<&std::path::Path>) -> Option<Url> {
    const DOC: &str =
        "`postgres://…` or `sqlite://path`; the all-in-one process keeps a SQLite file in its data folder";
    let needed = matches!(role, Role::Bff | Role::Worker);
    match secret_url(r, "STORE__DATABASE_URL", needed, DOC) {
        None if !needed => Url::parse(&format!("sqlite://{}", data_dir?.join("portal.db").display())).ok(),
        given => given,
    }
}

/// An address that may hold a password, so it may come from a file.
fn secret_url(r: &mut Reader, name: &str, needed: bool, doc: &'static str) -> Option<Url> {
    let text = r.secret(name, needed, doc)?;
    match Url::parse(text.expose_secret()) {
        Ok(url) => Some(url),
        Err(error) => {
            r.fault(name, error);
            None
        }
    }
}

/// What is fit for trying out must not reach customers.
fn production_rules(r: &mut Reader, role: Role, s: &Settings) {
    if s.mode != Mode::Production {
        return;
    }
    if matches!(role, Role::Run | Role::Sandbox) {
        r.fault("MODE", "production runs the roles bff and worker, never run or sandbox");
    }
    if s.clock_offset_seconds != 0 {
        r.fault("CLOCK__OFFSET_SECONDS", "must be 0 in production: the clock is the machine's");
    }
    if s.bff.public_url.scheme() != "https" {
        r.fault("BFF__PUBLIC_URL", "must be https in production");
    }
    if !s.bff.cookie_secure {
        r.fault("BFF__COOKIE_SECURE", "must be true in production");
    }
    if s.database_url.scheme() == "sqlite" {
        r.fault("STORE__DATABASE_URL", "must be PostgreSQL in production");
    }
    if s.worker.mail.as_ref().is_some_and(|mail| mail.tls == worker::mail::Tls::None && !on_this_machine(&mail.host)) {
        r.fault("MAIL__TLS", "must not be none in production, but for a mail server on this machine");
    }
    let Some(up) = &s.upstreams else { return };
    let longest = up.whmcs.timeout_ms.max(up.freebit.timeout_ms).max(up.salesforce.timeout_ms);
    if s.worker.settle < Duration::from_millis(longest.saturating_mul(2)) {
        r.fault(
            "WORKER__SETTLE_MS",
            "must be at least twice the longest upstream time-out in production: a call may still be at work",
        );
    }
    let urls = [
        ("SALESFORCE__LOGIN_URL", &up.salesforce.login_url),
        ("SALESFORCE__PUBSUB_URL", &up.salesforce.pubsub_url),
        ("WHMCS__BASE_URL", &up.whmcs.base_url),
        ("FREEBIT__BASE_URL", &up.freebit.base_url),
    ];
    for (name, url) in urls {
        if url.scheme() != "https" || url.host_str().is_none_or(|h| h == "localhost" || h.starts_with("127.")) {
            r.fault(name, "must be https and not on this machine in production");
        }
    }
}

fn on_this_machine(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}
