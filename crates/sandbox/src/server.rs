//! Starting and stopping the servers.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::keys::Keys;
use crate::world::World;
use crate::{console, freebit, http, pubsub, salesforce, smtp, whmcs};

/// Where the running sandbox is reached.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The console for people.
    pub console: String,
    /// WHMCS base, with `/whmcs`; the API is `{whmcs}/includes/api.php`.
    pub whmcs: String,
    /// Freebit base, ending in `/freebit/emptool/api`.
    pub freebit: String,
    /// Salesforce login and instance URL over HTTP.
    pub salesforce: String,
    /// The same over HTTPS.
    pub salesforce_tls: String,
    /// Pub/Sub gRPC, `https://localhost:port`.
    pub pubsub: String,
    /// The mail server, `host:port`: no TLS, no password.
    pub smtp: String,
    /// The authority that signed the certificate of both TLS ports, as PEM text.
    pub ca_pem: String,
}

/// What a client needs to be let in.
#[derive(Clone)]
pub struct Credentials {
    /// Consumer key of the connected app.
    pub salesforce_client_id: String,
    /// Its consumer secret, for the grants that want one.
    pub salesforce_client_secret: String,
    /// The integration user.
    pub salesforce_username: String,
    /// RSA key (PKCS#8 PEM) whose public half the connected app knows.
    pub salesforce_private_key_pem: String,
    /// WHMCS API identifier.
    pub whmcs_identifier: String,
    /// WHMCS API secret.
    pub whmcs_secret: String,
    /// What the hook file signs webhooks with.
    pub whmcs_webhook_secret: String,
    /// Freebit OEM id.
    pub freebit_oem_id: String,
    /// Freebit OEM key.
    pub freebit_oem_key: String,
}

/// A running sandbox. Dropping it without [`Sandbox::stop`] leaves the servers running until the process ends.
pub struct Sandbox {
    endpoints: Endpoints,
    credentials: Credentials,
    world: World,
    servers: Vec<ServerHandle>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Addresses of all parts.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Credentials of all parts.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The handle on the world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Ends streams, stops the servers and folds the journal into the snapshot.
    pub async fn stop(self) {
        self.world.end_streams();
        for server in &self.servers {
            server.stop(false).await;
        }
        for task in self.tasks {
            // The streams were told to end; one that does not listen is cut.
            let abort = task.abort_handle();
            if tokio::time::timeout(Duration::from_secs(2), task).await.is_err() {
                abort.abort();
            }
        }
        self.world.close();
    }
}

/// Starts all servers; returns when every port is bound.
///
/// # Errors
/// A port in use, or a data folder that cannot be read or written.
pub async fn start(config: Config) -> anyhow::Result<Sandbox> {
    // Another part of the process may have installed it already: that is fine.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let dir = config.data_dir.clone();
    let (delays, awkward, page_size) = (config.delays, config.awkward, config.query_page_size);
    let world = tokio::task::spawn_blocking(move || {
        let keys = Keys::load(dir.as_deref()).context("sandbox keys")?;
        World::open(dir.as_deref(), keys, delays, awkward, page_size).context("sandbox world")
    })
    .await??;

    let listen = |port: u16, what: &str| {
        let listener = TcpListener::bind(SocketAddr::new(config.bind, port))
            .with_context(|| format!("sandbox {what} port {port}"))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        anyhow::Ok((listener, port))
    };
    let (web_listener, web_port) = listen(config.web_port, "console")?;
    let (sf_listener, sf_port) = listen(config.salesforce_port, "Salesforce")?;
    let (tls_listener, tls_port) = listen(config.salesforce_tls_port, "Salesforce HTTPS")?;
    let (pubsub_listener, pubsub_port) = listen(config.pubsub_port, "Pub/Sub")?;

    let (smtp_listener, smtp_port) = listen(config.smtp_port, "mail")?;

    let host = if config.bind.is_unspecified() {
        "localhost".to_owned()
    } else {
        SocketAddr::new(config.bind, 0).to_string().trim_end_matches(":0").to_owned()
    };
    let web = format!("http://{host}:{web_port}");
    let keys = world.keys();
    let endpoints = Endpoints {
        console: web.clone(),
        whmcs: format!("{web}/whmcs"),
        freebit: format!("{web}/freebit/emptool/api"),
        salesforce: format!("http://{host}:{sf_port}"),
        salesforce_tls: format!("https://localhost:{tls_port}"),
        pubsub: format!("https://localhost:{pubsub_port}"),
        smtp: format!("{host}:{smtp_port}"),
        ca_pem: keys.ca_pem.clone(),
    };
    let credentials = Credentials {
        salesforce_client_id: keys.client_id.clone(),
        salesforce_client_secret: keys.client_secret.clone(),
        salesforce_username: salesforce::oauth::USERNAME.to_owned(),
        salesforce_private_key_pem: keys.app_private_pem.clone(),
        whmcs_identifier: keys.whmcs_identifier.clone(),
        whmcs_secret: keys.whmcs_secret.clone(),
        whmcs_webhook_secret: keys.webhook_secret(),
        freebit_oem_id: keys.freebit_oem_id.clone(),
        freebit_oem_key: keys.freebit_oem_key.clone(),
    };

    world.set_webhook(config.webhook_url.clone());
    let mut tasks = Vec::new();
    let mut servers = Vec::new();
    let shared = world.clone();
    let web_server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(shared.clone()))
            .app_data(web::PayloadConfig::new(8 << 20))
            .configure(whmcs::routes)
            .configure(freebit::routes)
            .configure(console::routes)
    });
    let shared = world.clone();
    let salesforce_server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(shared.clone()))
            .app_data(web::PayloadConfig::new(salesforce::BODY_BYTES))
            .configure(salesforce::routes)
    });
    let tls = tls_config(keys)?;
    let web_server = web_server.on_connect(http::remember_line).workers(1).worker_max_blocking_threads(1);
    let web_server = web_server.disable_signals().shutdown_timeout(1).listen(web_listener)?.run();
    let salesforce_server = salesforce_server.on_connect(http::remember_line).workers(1).worker_max_blocking_threads(1);
    let salesforce_server = salesforce_server
        .disable_signals()
        .shutdown_timeout(1)
        .listen(sf_listener)?
        .listen_rustls_0_23(tls_listener, tls)?
        .run();
    for server in [web_server, salesforce_server] {
        servers.push(server.handle());
        tasks.push(tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "sandbox HTTP server ended");
            }
        }));
    }
    tasks.push(tokio::spawn(whmcs::deliver_hooks(world.clone())));
    tasks.push(crate::world::time::keep_looking(world.clone()));
    tasks.push(smtp::serve(world.clone(), smtp_listener)?);
    tasks.push(pubsub::serve(world.clone(), pubsub_listener)?);
    Ok(Sandbox { endpoints, credentials, world, servers, tasks })
}

fn tls_config(keys: &Keys) -> anyhow::Result<rustls::ServerConfig> {
    let chain = vec![CertificateDer::from_pem_slice(keys.certificate_pem.as_bytes())?];
    let key = PrivateKeyDer::from_pem_slice(keys.certificate_key_pem.as_bytes())?;
    Ok(rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?)
}
