//! The portal's processes around one sandbox and one database: the embedded default (one process, SQLite) or separate
//! processes on PostgreSQL. Each process can be started again with the same settings.

use crate::process::Process;
use platform::testing::TestStore;
use sandbox::{Config, Delays, Sandbox};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How the portal is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUp {
    /// `portal run` on SQLite.
    Embedded,
    /// `portal bff` and several `portal worker` on PostgreSQL.
    Separate,
}

/// Short waits; what is done after them is the same.
#[derive(Clone, Copy)]
pub struct Patience {
    pub lease_ms: u64,
    /// More than a quarter of it (time to send), the time-out and the slowest upstream together.
    pub settle_ms: u64,
    pub timeout_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { lease_ms: 1_500, settle_ms: 1_000, timeout_ms: 5_000 }
    }
}

pub struct Fleet {
    pub sandbox: Sandbox,
    pub store: TestStore,
    pub set_up: SetUp,
    pub url: String,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    listen: String,
}

/// Limits that the oldest release in these tests does not know.
const NEWER_RATES: &[&str] = &["ADDRESS", "PERSON", "READ", "WRITE"];

impl Fleet {
    pub async fn new(set_up: SetUp, patience: Patience) -> Self {
        let store = match set_up {
            SetUp::Embedded => TestStore::sqlite().await,
            SetUp::Separate => TestStore::postgres().await,
        };
        Self::on(store, set_up, patience, &[]).await
    }

    /// The same on a database of the test's own, and with settings of its own (without the prefix).
    pub async fn on(store: TestStore, set_up: SetUp, patience: Patience, more: &[(&'static str, &str)]) -> Self {
        let delays = Delays { latency_ms: 0, freebit_async_min_ms: 0, freebit_async_max_ms: 0, ..Delays::default() };
        let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
        let folder = std::env::temp_dir().join(format!("portal-torture-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let listen = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{listen}");
        let (at, who) = (sandbox.endpoints().clone(), sandbox.credentials().clone());
        let smtp = at.smtp.clone();
        let (mail_host, mail_port) = smtp.rsplit_once(':').unwrap();
        let mut settings = vec![
            ("DATA_DIR", folder.display().to_string()),
            ("LOG__FILTER", "info".to_owned()),
            ("STORE__DATABASE_URL", store.url.to_string()),
            ("SALESFORCE__LOGIN_URL", at.salesforce),
            ("SALESFORCE__CLIENT_ID", who.salesforce_client_id),
            ("SALESFORCE__USERNAME", who.salesforce_username),
            ("SALESFORCE__PRIVATE_KEY", who.salesforce_private_key_pem),
            ("SALESFORCE__PUBSUB_URL", at.pubsub),
            ("SALESFORCE__PUBSUB_CA", at.ca_pem),
            ("WHMCS__BASE_URL", at.whmcs),
            ("WHMCS__IDENTIFIER", who.whmcs_identifier),
            ("WHMCS__SECRET", who.whmcs_secret),
            ("FREEBIT__BASE_URL", at.freebit),
            ("FREEBIT__OEM_ID", who.freebit_oem_id),
            ("FREEBIT__OEM_KEY", who.freebit_oem_key),
            ("MAIL__HOST", mail_host.to_owned()),
            ("MAIL__PORT", mail_port.to_owned()),
            ("MAIL__TLS", "none".to_owned()),
            ("WORKER__LEASE_MS", patience.lease_ms.to_string()),
            ("WORKER__SETTLE_MS", patience.settle_ms.to_string()),
            ("WORKER__LOOK_GAP_MS", "20".to_owned()),
            ("WORKER__RECONCILE_MS", "1000".to_owned()),
            ("BFF__LISTEN", listen.clone()),
            ("BFF__PUBLIC_URL", url.clone()),
            ("BFF__STATIC_DIR", folder.display().to_string()),
            ("BFF__JWT_KEY", "torture-key-of-32-bytes-at-least".to_owned()),
            ("BFF__REFRESH_KEY", "another-key-of-32-bytes-at-least".to_owned()),
            ("BFF__SECRETS_KEY", "a-third-key-of-32-bytes-at-least".to_owned()),
        ];
        for system in ["SALESFORCE", "WHMCS", "FREEBIT"] {
            let name: &str = Box::leak(format!("{system}__TIMEOUT_MS").into_boxed_str());
            settings.push((name, patience.timeout_ms.to_string()));
        }
        let rates = ["LOGIN", "LOGIN_PER_ACCOUNT", "REGISTER", "REFRESH", "ORDERS", "LIVE"];
        for what in rates.iter().chain(NEWER_RATES) {
            let name: &str = Box::leak(format!("BFF__RATE_{what}").into_boxed_str());
            settings.push((name, "100000".to_owned()));
        }
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let settings = settings.into_iter().map(|(name, value)| (format!("PORTAL_{name}"), value)).collect();
        Self { sandbox, store, set_up, url, folder, settings, listen }
    }

    /// Starts a role with settings of its own beside the common ones (whole names).
    fn start(&self, role: &str, more: &[(&str, &str)]) -> Process {
        self.start_program(env!("CARGO_BIN_EXE_portal").as_ref(), role, more)
    }

    fn start_program(&self, program: &Path, role: &str, more: &[(&str, &str)]) -> Process {
        self.started(program, role, more, |_| true)
    }

    /// With the settings that the program knows: an unknown one is a fault.
    fn started(&self, program: &Path, role: &str, more: &[(&str, &str)], knows: impl Fn(&str) -> bool) -> Process {
        let mut settings = self.settings.clone();
        settings.retain(|(name, _)| knows(name));
        if role == "worker" {
            settings.push(("PORTAL_WORKER__LISTEN".to_owned(), format!("127.0.0.1:{}", free_port())));
            // Only the API's.
            settings.retain(|(name, _)| !name.starts_with("PORTAL_BFF__LISTEN"));
        }
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        // A setting that a release does not know is a fault to it.
        if program != Path::new(env!("CARGO_BIN_EXE_portal")) {
            settings.retain(|(name, _)| !NEWER_RATES.iter().any(|what| *name == format!("PORTAL_BFF__RATE_{what}")));
        }
        Process::start(program, &[role], &settings, &self.folder.join(format!("{role}.log")))
    }

    /// A role of an older release.
    pub fn start_older(&self, program: &Path, role: &str) -> Process {
        self.started(program, role, &[], |name| !name.starts_with("PORTAL_MAIL__"))
    }

    /// What `portal migrate` of today's release ends with, and prints.
    pub async fn migrate(&self) -> (Option<i32>, String) {
        let migrating = self.start("migrate", &[]);
        let log = self.folder.join("migrate.log");
        let code = migrating.ends().await;
        (code, std::fs::read_to_string(log).unwrap())
    }

    /// What answers customers. In the embedded set-up it provisions too.
    pub fn start_api(&self, more: &[(&str, &str)]) -> Process {
        self.start(if self.set_up == SetUp::Embedded { "run" } else { "bff" }, more)
    }

    /// What provisions. In the embedded set-up it answers customers too.
    pub fn start_worker(&self, more: &[(&str, &str)]) -> Process {
        self.start(if self.set_up == SetUp::Embedded { "run" } else { "worker" }, more)
    }

    /// Waits until the API answers.
    pub async fn answers(&self, process: &Process) {
        self.answers_at(&self.listen, process).await;
    }

    /// The same of one that listens elsewhere.
    pub async fn answers_at(&self, listen: &str, process: &Process) {
        let started = Instant::now();
        while tokio::net::TcpStream::connect(listen).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the API does not answer: {}", process.tail());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if std::env::var_os("TORTURE_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
