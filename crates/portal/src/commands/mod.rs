//! One file per command.

pub mod bff;
pub mod doctor;
pub mod inventory;
pub mod jobs;
pub mod migrate;
pub mod run;
pub mod runs;
pub mod sandbox;
pub mod staff;
pub mod worker;

use crate::config::{self, Role, Settings};
use platform::telemetry;
use std::io::Write as _;
use std::process::ExitCode;

/// Reads the settings and starts logging.
fn start(role: Role) -> anyhow::Result<Settings> {
    let settings = config::load(role)?;
    telemetry::init(settings.log_format, &settings.log_filter);
    Ok(settings)
}

/// Says on standard error why the process ends.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    // Nothing is left to be done when standard error is closed.
    let _ = writeln!(std::io::stderr(), "portal: {error:#}");
    ExitCode::FAILURE
}

/// Prints for a person or a script.
fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Prints the reference of all settings.
pub fn settings() -> anyhow::Result<()> {
    say(config::reference().trim_end())
}

/// Returns at Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard; Ctrl-C still works");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
    tracing::info!("stopping");
}
