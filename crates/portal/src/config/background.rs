//! Settings of the worker and of the sandbox.

use super::Role;
use platform::config::Reader;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use url::Url;

pub(super) fn worker(r: &mut Reader, role: Role, real: bool) -> (Option<worker::Config>, Option<SocketAddr>) {
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
            // The rest is for our time-out and for the other system's work. A sandbox in this process works no longer than
            // we do.
            send_within: if own_sandbox { settle? } else { (settle? / 4).max(Duration::from_secs(1)) },
            look_gap: look_gap?,
            reconcile_every: reconcile_every?,
            reconcile_quiet: if own_sandbox { Duration::ZERO } else { worker::Config::default().reconcile_quiet },
            provision_topic: topic.clone()?,
            line_limit: line_limit?,
            stock_pause: worker::Config::default().stock_pause,
            stop_limit: stop_limit?,
            mail: None,
        })
    };
    (config(), listen)
}

pub(super) fn sandbox(r: &mut Reader) -> Option<sandbox::Config> {
    let bind =
        r.or::<IpAddr>("SANDBOX__BIND", "address", &Ipv4Addr::LOCALHOST.to_string(), "address of all sandbox ports");
    let web_port = r.or("SANDBOX__WEB_PORT", "port", "8090", "console, WHMCS and Freebit of the sandbox; 0: any");
    let salesforce_port =
        r.or("SANDBOX__SALESFORCE_PORT", "port", "8091", "Salesforce of the sandbox over HTTP; 0: any");
    let salesforce_tls_port =
        r.or("SANDBOX__SALESFORCE_TLS_PORT", "port", "8092", "Salesforce of the sandbox over HTTPS; 0: any");
    let pubsub_port = r.or("SANDBOX__PUBSUB_PORT", "port", "8093", "Pub/Sub of the sandbox (gRPC over TLS); 0: any");
    let smtp_port = r.or("SANDBOX__SMTP_PORT", "port", "8094", "mail server of the sandbox (SMTP); 0: any");
    let latency_ms = r.or("SANDBOX__LATENCY_MS", "milliseconds", "40", "time that every sandbox call takes");
    let async_ms = r.or::<u64>(
        "SANDBOX__CARRIER_MS",
        "milliseconds",
        "2500",
        "time that the sandbox's carrier takes to open a line",
    );
    let awkward =
        r.or("SANDBOX__AWKWARD", "true or false", "false", "WHMCS of the sandbox answers in its awkward forms");
    let page_size = r.or::<usize>(
        "SANDBOX__QUERY_PAGE_SIZE",
        "1 to 2000",
        "2000",
        "records in one page of a query of the sandbox's Salesforce",
    );
    let webhook_url = r.optional::<Url>(
        "SANDBOX__WEBHOOK_URL",
        "URL",
        "where the sandbox's WHMCS posts webhooks, such as `http://localhost:8080/api/webhooks/whmcs`; `portal run` knows its own",
    );
    let async_ms = async_ms?;
    Some(sandbox::Config {
        bind: bind?,
        web_port: web_port?,
        salesforce_port: salesforce_port?,
        salesforce_tls_port: salesforce_tls_port?,
        pubsub_port: pubsub_port?,
        smtp_port: smtp_port?,
        delays: sandbox::Delays {
            latency_ms: latency_ms?,
            freebit_async_min_ms: async_ms / 2,
            freebit_async_max_ms: async_ms,
            ..Default::default()
        },
        awkward: awkward?,
        webhook_url: webhook_url.map(String::from),
        query_page_size: page_size?.clamp(1, 2_000),
        ..Default::default()
    })
}
