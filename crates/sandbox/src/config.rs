//! What the caller chooses: addresses, ports, where the world is kept, how slow it is.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How to run the sandbox. The default is made for tests: loopback, any free ports, memory only, no delays.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address that every port is bound to.
    pub bind: IpAddr,
    /// Console, WHMCS and Freebit. 0 = any free port (the same for the other ports).
    pub web_port: u16,
    /// Salesforce over plain HTTP.
    pub salesforce_port: u16,
    /// Salesforce over HTTPS.
    pub salesforce_tls_port: u16,
    /// Salesforce Pub/Sub API: gRPC over TLS.
    pub pubsub_port: u16,
    /// The mail server.
    pub smtp_port: u16,
    /// Folder which keeps the world, the keys and the certificate. `None` = memory only.
    pub data_dir: Option<PathBuf>,
    /// Delays at start; the console and [`crate::World::set_delays`] change them later.
    pub delays: Delays,
    /// Whether WHMCS starts out answering in its awkward forms.
    pub awkward: bool,
    /// Where the hook file of WHMCS posts to; [`crate::World::set_webhook`] changes it later.
    pub webhook_url: Option<String>,
    /// Records in one page of a SOQL result, 1 to 2000.
    pub query_page_size: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            web_port: 0,
            salesforce_port: 0,
            salesforce_tls_port: 0,
            pubsub_port: 0,
            smtp_port: 0,
            data_dir: None,
            delays: Delays::default(),
            awkward: false,
            webhook_url: None,
            query_page_size: 2_000,
        }
    }
}

/// How slow the upstreams are, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    /// Added before every answer over HTTP and before every unary RPC.
    pub latency_ms: u64,
    /// Shortest time that an asynchronous Freebit order stays open.
    pub freebit_async_min_ms: u64,
    /// Longest time that an asynchronous Freebit order stays open.
    pub freebit_async_max_ms: u64,
    /// After how long without events a Pub/Sub stream gets an empty FetchResponse; the real service promises 270 s.
    pub pubsub_keep_alive_ms: u64,
}

impl Default for Delays {
    fn default() -> Self {
        Self { latency_ms: 0, freebit_async_min_ms: 0, freebit_async_max_ms: 0, pubsub_keep_alive_ms: 60_000 }
    }
}

impl Delays {
    /// Delays which a person finds believable: 40 ms a call, two to four seconds until a SIM is active.
    #[must_use]
    pub fn believable() -> Self {
        Self { latency_ms: 40, freebit_async_min_ms: 2_000, freebit_async_max_ms: 4_000, ..Self::default() }
    }
}
