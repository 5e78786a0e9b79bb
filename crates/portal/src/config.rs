//! All settings of the portal, composed from the sections that its parts need.

use integrations::{freebit, salesforce, whmcs};
use platform::config::{ConfigFaults, Reader};
use platform::telemetry::Format;
use secrecy::{ExposeSecret, SecretString};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

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
    pub bff: Bff,
    /// `None`: the sandbox is started and used.
    pub upstreams: Option<Upstreams>,
    pub worker: worker::Config,
    pub worker_listen: SocketAddr,
    pub sandbox: sandbox::Config,
}

/// Settings of the API; keys may be missing in the all-in-one process, which makes its own.
pub struct Bff {
    pub listen: SocketAddr,
    pub workers: usize,
    pub public_url: Url,
    pub cookie_secure: bool,
    pub jwt_key: Option<SecretString>,
    pub refresh_key: Option<SecretString>,
    pub static_dir: Option<PathBuf>,
    pub customer_may_confirm: bool,
    pub tax_rate_percent: u8,
    pub previous_jwt_key: Option<SecretString>,
    pub metrics_token: Option<SecretString>,
    pub trust_forwarded_for: bool,
    pub rates: bff::config::Rates,
}

/// Where the three systems are and how to sign in to them.
#[derive(Clone)]
pub struct Upstreams {
    pub salesforce: salesforce::Config,
    pub whmcs: whmcs::Config,
    pub freebit: freebit::Config,
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
    let redis_url = r.optional::<Url>(
        "CACHE__REDIS_URL",
        "URL",
        "Redis for cache, live messages and wake-ups; empty: this process alone",
    );
    let redis_prefix = r.or::<String>("CACHE__PREFIX", "text", "portal", "prefix of every key and channel in Redis");
    let bff = bff(r, role);
    let upstreams = upstreams(r, role);
    let (worker, worker_listen) = worker(r, role, upstreams.is_some());
    let sandbox = sandbox(r);
    let settings = Settings {
        mode: mode?,
        data_dir: data_dir?,
        log_format: log_format?,
        log_filter: log_filter?,
        database_url: database_url?,
        database_connections: database_connections?,
        redis_url,
        redis_prefix: redis_prefix?,
        bff: bff?,
        upstreams,
        worker: worker?,
        worker_listen: worker_listen?,
        sandbox: sandbox?,
    };
    production_rules(r, role, &settings);
    Some(settings)
}

fn database(r: &mut Reader, role: Role, data_dir: Option<&std::path::Path>) -> Option<Url> {
    const DOC: &str =
        "`postgres://…` or `sqlite://path`; the all-in-one process keeps a SQLite file in its data folder";
    if matches!(role, Role::Bff | Role::Worker) {
        return r.required::<Url>("STORE__DATABASE_URL", "URL", DOC);
    }
    let given = r.optional::<Url>("STORE__DATABASE_URL", "URL", DOC);
    given.or_else(|| Url::parse(&format!("sqlite://{}", data_dir?.join("portal.db").display())).ok())
}

fn bff(r: &mut Reader, role: Role) -> Option<Bff> {
    let keys_needed = role == Role::Bff;
    let listen = r.or("BFF__LISTEN", "address", "127.0.0.1:8080", "where the API listens");
    let workers = r.or("BFF__WORKERS", "number", "2", "threads that answer requests");
    let public_url = r.or::<Url>(
        "BFF__PUBLIC_URL",
        "URL",
        "http://localhost:8080",
        "the address that customers type; requests of other origins are refused",
    );
    let secure = r.optional::<bool>(
        "BFF__COOKIE_SECURE",
        "true or false",
        "`__Host-` cookie over HTTPS only; default: true when the public address is https",
    );
    let jwt_key =
        r.secret("BFF__JWT_KEY", keys_needed, "key of access tokens, at least 32 characters, the same for every bff");
    let refresh_key = r.secret(
        "BFF__REFRESH_KEY",
        keys_needed,
        "key of refresh tokens, at least 32 characters, the same for every bff",
    );
    let static_dir = r.or::<PathBuf>(
        "BFF__STATIC_DIR",
        "path",
        "frontend/dist",
        "the built web app; a missing folder leaves only the API",
    );
    let customer_may_confirm = r.or(
        "BFF__CUSTOMER_MAY_CONFIRM",
        "true or false",
        "false",
        "customers may start an order without an agent's approval",
    );
    let tax_rate_percent = r.or::<u8>("BFF__TAX_RATE_PERCENT", "0 to 100", "10", "consumption tax on catalogue prices");
    let previous_jwt_key = r.secret(
        "BFF__PREVIOUS_JWT_KEY",
        false,
        "the access-token key before the last change; its tokens stay valid until they end",
    );
    let metrics_token = r.secret("BFF__METRICS_TOKEN", false, "bearer token that `/metrics` asks for; empty: open");
    let trust_forwarded_for = r.or(
        "BFF__TRUST_FORWARDED_FOR",
        "true or false",
        "false",
        "the client's address is the last entry of `X-Forwarded-For`; only behind a proxy that appends it",
    );
    let rates = rates(r);
    for (name, key) in [("BFF__JWT_KEY", &jwt_key), ("BFF__REFRESH_KEY", &refresh_key)] {
        if key.as_ref().is_some_and(|k| k.expose_secret().len() < 32) {
            r.fault(name, "must have at least 32 characters");
        }
    }
    if tax_rate_percent.is_some_and(|rate| rate > 100) {
        r.fault("BFF__TAX_RATE_PERCENT", "must be at most 100");
    }
    let public_url = public_url?;
    Some(Bff {
        listen: listen?,
        workers: workers?,
        cookie_secure: secure.unwrap_or(public_url.scheme() == "https"),
        public_url,
        jwt_key,
        refresh_key,
        static_dir,
        customer_may_confirm: customer_may_confirm?,
        tax_rate_percent: tax_rate_percent?,
        previous_jwt_key,
        metrics_token,
        trust_forwarded_for: trust_forwarded_for?,
        rates: rates?,
    })
}

fn rates(r: &mut Reader) -> Option<bff::config::Rates> {
    let login = r.or("BFF__RATE_LOGIN", "a minute", "30", "sign-ins from one address");
    let login_per_account =
        r.or("BFF__RATE_LOGIN_PER_ACCOUNT", "a minute", "10", "sign-ins to one account, from anywhere");
    let register = r.or("BFF__RATE_REGISTER", "a minute", "20", "sign-ups from one address");
    let refresh = r.or("BFF__RATE_REFRESH", "a minute", "120", "token renewals from one address");
    let orders = r.or("BFF__RATE_ORDERS", "a minute", "60", "orders and confirmations of one person");
    let live = r.or("BFF__RATE_LIVE", "a minute", "60", "live connections of one person");
    Some(bff::config::Rates {
        login: login?,
        login_per_account: login_per_account?,
        register: register?,
        refresh: refresh?,
        orders: orders?,
        live: live?,
    })
}

fn upstreams(r: &mut Reader, role: Role) -> Option<Upstreams> {
    let declared = ["SALESFORCE__LOGIN_URL", "WHMCS__BASE_URL", "FREEBIT__BASE_URL"];
    let given = declared.iter().any(|name| r.has(name));
    let needed = matches!(role, Role::Bff | Role::Worker) || (role == Role::Run && given);
    let url = |r: &mut Reader, name, doc| match needed {
        true => r.required::<Url>(name, "URL", doc),
        false => r.optional::<Url>(name, "URL", doc),
    };
    let text = |r: &mut Reader, name, doc| match needed {
        true => r.required::<String>(name, "text", doc),
        false => r.optional::<String>(name, "text", doc),
    };
    let timeout = |r: &mut Reader, name| r.or::<u64>(name, "milliseconds", "10000", "longest time of one call");
    let list = |text: String| text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();

    let login_url = url(r, "SALESFORCE__LOGIN_URL", "Salesforce sign-in, such as `https://login.salesforce.com`");
    let audience = r.optional::<String>(
        "SALESFORCE__AUDIENCE",
        "text",
        "`aud` of the sign-in assertion; empty: the sign-in address",
    );
    let client_id = text(r, "SALESFORCE__CLIENT_ID", "consumer key of the connected app");
    let username = text(r, "SALESFORCE__USERNAME", "user that the portal acts as");
    let private_key =
        r.secret("SALESFORCE__PRIVATE_KEY", needed, "RSA key (PEM) whose certificate the connected app holds");
    let api_version = r.or("SALESFORCE__API_VERSION", "text", "v62.0", "REST API version");
    let price_book = r.or("SALESFORCE__PRICE_BOOK", "text", "Portal", "name of the price book of the portal");
    let pubsub_url = url(r, "SALESFORCE__PUBSUB_URL", "Pub/Sub API, such as `https://api.pubsub.salesforce.com:7443`");
    let pubsub_ca =
        r.secret("SALESFORCE__PUBSUB_CA", false, "certificate authority (PEM) of the Pub/Sub API, if not a public one");
    let approved = r.or("SALESFORCE__APPROVED_STATUS", "text", "Approved", "order status that starts provisioning");
    let fulfilled =
        r.or("SALESFORCE__FULFILLED_STATUS", "text", "Activated", "order status at the end of provisioning");
    let rejected = r.or::<String>(
        "SALESFORCE__REJECTED_STATUSES",
        "list",
        "Rejected,Cancelled",
        "order statuses that turn an order down",
    );
    let salesforce_timeout = timeout(r, "SALESFORCE__TIMEOUT_MS");
    let silence = r.or(
        "SALESFORCE__EVENT_SILENCE_SECONDS",
        "seconds",
        "300",
        "silence of the event stream after which it is opened anew",
    );
    let whmcs_url = url(r, "WHMCS__BASE_URL", "WHMCS installation; the API is below it at `/includes/api.php`");
    let identifier = r.secret("WHMCS__IDENTIFIER", needed, "API credential: identifier");
    let secret = r.secret("WHMCS__SECRET", needed, "API credential: secret");
    let payment_method =
        r.or("WHMCS__PAYMENT_METHOD", "text", "banktransfer", "system name of the payment method of new orders");
    let number_field = r.or(
        "WHMCS__CUSTOMER_NUMBER_FIELD",
        "number",
        "1",
        "id of the client custom field that holds the customer number",
    );
    let line_field = r.or(
        "WHMCS__LINE_NUMBER_FIELD",
        "text",
        "MSISDN",
        "name of the product custom field that holds the phone number",
    );
    let whmcs_timeout = timeout(r, "WHMCS__TIMEOUT_MS");
    let freebit_url = url(r, "FREEBIT__BASE_URL", "Freebit address up to `/emptool/api`");
    let oem_id = text(r, "FREEBIT__OEM_ID", "partner id");
    let oem_key = r.secret("FREEBIT__OEM_KEY", needed, "partner key");
    let freebit_timeout = timeout(r, "FREEBIT__TIMEOUT_MS");
    Some(Upstreams {
        salesforce: salesforce::Config {
            login_url: login_url?,
            client_id: client_id?,
            username: username?,
            private_key: private_key?,
            api_version: api_version?,
            price_book: price_book?,
            pubsub_url: pubsub_url?,
            pubsub_ca: pubsub_ca.map(|pem| pem.expose_secret().to_owned()),
            approved_status: approved?,
            fulfilled_status: fulfilled?,
            rejected_statuses: list(rejected?),
            timeout_ms: salesforce_timeout?,
            audience,
            currency: domain::Currency::Jpy,
            event_silence_seconds: silence?,
        },
        whmcs: whmcs::Config {
            base_url: whmcs_url?,
            identifier: identifier?,
            secret: secret?,
            payment_method: payment_method?,
            customer_number_field: number_field?,
            line_number_field: line_field?,
            currency: domain::Currency::Jpy,
            timeout_ms: whmcs_timeout?,
        },
        freebit: freebit::Config {
            base_url: freebit_url?,
            oem_id: oem_id?,
            oem_key: oem_key?,
            timeout_ms: freebit_timeout?,
        },
    })
}

fn worker(r: &mut Reader, role: Role, real: bool) -> (Option<worker::Config>, Option<SocketAddr>) {
    // The sandbox in the same process answers at once or never, and dies with it: waiting for it is pointless.
    let own_sandbox = role == Role::Run && !real;
    let (settle, gap, reconcile) = if own_sandbox { ("3000", "300", "10000") } else { ("120000", "5000", "300000") };
    let slots = r.or("WORKER__SLOTS", "number", "8", "jobs at a time");
    let lease = r.millis("WORKER__LEASE_MS", "60000", "how long a job stays this worker's without a heartbeat");
    let settle = r.millis("WORKER__SETTLE_MS", settle, "how long a call without an answer may still be at work upstream; at least our time-out plus the longest time WHMCS works on a request");
    let look_gap = r.millis("WORKER__LOOK_GAP_MS", gap, "between the two look-ups after the settle time");
    let reconcile_every =
        r.millis("WORKER__RECONCILE_MS", reconcile, "how often waiting orders are compared with Salesforce");
    let topic = r.or(
        "WORKER__PROVISION_TOPIC",
        "topic",
        "/event/OrderProvisionRequested__e",
        "Pub/Sub topic of approved orders",
    );
    let line_limit = r.millis("WORKER__LINE_LIMIT_MS", "3600000", "how long the carrier may take to open a line");
    let stop_limit = r.millis("WORKER__STOP_LIMIT_MS", "25000", "how long a stopping worker waits for its jobs");
    let listen = r.or("WORKER__LISTEN", "address", "127.0.0.1:8085", "health and metrics of a worker process");
    if lease.is_some_and(|lease| lease < Duration::from_secs(1)) {
        r.fault("WORKER__LEASE_MS", "must be at least 1000");
    }
    let config = || {
        Some(worker::Config {
            slots: slots?,
            lease: lease?,
            settle: settle?,
            look_gap: look_gap?,
            reconcile_every: reconcile_every?,
            provision_topic: topic.clone()?,
            line_limit: line_limit?,
            stop_limit: stop_limit?,
        })
    };
    (config(), listen)
}

fn sandbox(r: &mut Reader) -> Option<sandbox::Config> {
    let bind =
        r.or::<IpAddr>("SANDBOX__BIND", "address", &Ipv4Addr::LOCALHOST.to_string(), "address of all sandbox ports");
    let web_port = r.or("SANDBOX__WEB_PORT", "port", "8090", "console, WHMCS and Freebit of the sandbox; 0: any");
    let salesforce_port =
        r.or("SANDBOX__SALESFORCE_PORT", "port", "8091", "Salesforce of the sandbox over HTTP; 0: any");
    let salesforce_tls_port =
        r.or("SANDBOX__SALESFORCE_TLS_PORT", "port", "8092", "Salesforce of the sandbox over HTTPS; 0: any");
    let pubsub_port = r.or("SANDBOX__PUBSUB_PORT", "port", "8093", "Pub/Sub of the sandbox (gRPC over TLS); 0: any");
    let latency_ms = r.or("SANDBOX__LATENCY_MS", "milliseconds", "40", "time that every sandbox call takes");
    let async_ms = r.or::<u64>(
        "SANDBOX__CARRIER_MS",
        "milliseconds",
        "2500",
        "time that the sandbox's carrier takes to open a line",
    );
    let awkward =
        r.or("SANDBOX__AWKWARD", "true or false", "false", "WHMCS of the sandbox answers in its awkward forms");
    let async_ms = async_ms?;
    Some(sandbox::Config {
        bind: bind?,
        web_port: web_port?,
        salesforce_port: salesforce_port?,
        salesforce_tls_port: salesforce_tls_port?,
        pubsub_port: pubsub_port?,
        delays: sandbox::Delays {
            latency_ms: latency_ms?,
            freebit_async_min_ms: async_ms / 2,
            freebit_async_max_ms: async_ms,
            ..Default::default()
        },
        awkward: awkward?,
        ..Default::default()
    })
}

/// What is fit for trying out must not reach customers.
fn production_rules(r: &mut Reader, role: Role, s: &Settings) {
    if s.mode != Mode::Production {
        return;
    }
    if matches!(role, Role::Run | Role::Sandbox) {
        r.fault("MODE", "production runs the roles bff and worker, never run or sandbox");
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
    let Some(up) = &s.upstreams else { return };
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
