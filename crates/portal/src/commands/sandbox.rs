//! The sandbox role.

use super::{asked_to_stop, say, start};
use crate::config::Role;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// Write the settings that bff and worker need for this sandbox into this folder: `sandbox.env` and the files it names.
    #[arg(long)]
    settings_dir: Option<PathBuf>,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let settings = start(Role::Sandbox)?;
    let mut config = settings.sandbox.clone();
    config.data_dir = Some(settings.data_dir.join("sandbox"));
    let sandbox = sandbox::start(config).await.context("the sandbox cannot start")?;
    if let Some(folder) = &args.settings_dir {
        write_settings(folder, &sandbox)?;
    }
    say(&format!("Sandbox console: {}", sandbox.endpoints().console))?;
    asked_to_stop().await;
    sandbox.stop().await;
    Ok(())
}

/// Settings by variable name; what is long or secret in files of its own.
fn write_settings(folder: &Path, sandbox: &sandbox::Sandbox) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let (at, who) = (sandbox.endpoints(), sandbox.credentials());
    let (mail_host, mail_port) = at.smtp.rsplit_once(':').context("the sandbox's mail server")?;
    let (mail_host, mail_port) = (mail_host.to_owned(), mail_port.to_owned());
    let plain = [
        ("MAIL__HOST", &mail_host),
        ("MAIL__PORT", &mail_port),
        ("MAIL__TLS", &"none".to_owned()),
        ("SALESFORCE__LOGIN_URL", &at.salesforce),
        ("SALESFORCE__CLIENT_ID", &who.salesforce_client_id),
        ("SALESFORCE__USERNAME", &who.salesforce_username),
        ("SALESFORCE__PUBSUB_URL", &at.pubsub),
        ("WHMCS__BASE_URL", &at.whmcs),
        ("FREEBIT__BASE_URL", &at.freebit),
        ("FREEBIT__OEM_ID", &who.freebit_oem_id),
    ];
    let in_files = [
        ("SALESFORCE__PRIVATE_KEY", "salesforce-key.pem", &who.salesforce_private_key_pem),
        ("SALESFORCE__PUBSUB_CA", "pubsub-ca.pem", &at.ca_pem),
        ("WHMCS__IDENTIFIER", "whmcs-identifier", &who.whmcs_identifier),
        ("WHMCS__SECRET", "whmcs-secret", &who.whmcs_secret),
        ("WHMCS__WEBHOOK_SECRET", "whmcs-webhook-secret", &who.whmcs_webhook_secret),
        ("FREEBIT__OEM_KEY", "freebit-key", &who.freebit_oem_key),
    ];
    let mut lines = String::new();
    for (name, value) in plain {
        writeln!(lines, "PORTAL_{name}={value}")?;
    }
    for (name, file, value) in in_files {
        let path = folder.join(file);
        std::fs::write(&path, value)?;
        writeln!(lines, "PORTAL_{name}_FILE={}", path.display())?;
    }
    // Written last and by rename: whoever waits for it finds everything in place.
    let part = folder.join("sandbox.env.part");
    std::fs::write(&part, lines)?;
    Ok(std::fs::rename(part, folder.join("sandbox.env"))?)
}
