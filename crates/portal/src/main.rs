//! The one executable of the portal. Composition only: reads the settings, starts the roles that were asked for.

mod boot;
mod commands;
mod config;
mod demo;
mod keys;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The customer portal of a telecom operator.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything in one process: API, web app, worker and, unless upstreams are configured, the sandbox.
    Run,
    /// The JSON API and the web app.
    Bff,
    /// The worker: events, provisioning jobs.
    Worker,
    /// The sandbox of Salesforce, WHMCS and Freebit.
    Sandbox(commands::sandbox::Args),
    /// Bring the database to the newest schema.
    Migrate,
    /// Create the demo customer of the sandbox, and a demo person of the staff.
    SeedDemo,
    /// Jobs that wait, run or have stopped, and what to do about those.
    Jobs {
        #[command(subcommand)]
        command: commands::jobs::Command,
    },
    /// Provisioning runs: what each step did, and settling one by hand.
    Runs {
        #[command(subcommand)]
        command: commands::runs::Command,
    },
    /// The people who may use the pages under /ops.
    Staff {
        #[command(subcommand)]
        command: commands::staff::Command,
    },
    /// The stock of phone numbers and SIM cards.
    Inventory {
        #[command(subcommand)]
        command: commands::inventory::Command,
    },
    /// Check the settings and every connection, and say what is wrong.
    Doctor,
    /// Print the reference of all settings (docs/configuration.md).
    Settings,
}

fn main() -> ExitCode {
    // The one TLS back end of the process; a second installation is refused and harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::fail(&error.into()),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Run => commands::run::run().await,
            Command::Bff => commands::bff::run().await,
            Command::Worker => commands::worker::run().await,
            Command::Sandbox(args) => commands::sandbox::run(args).await,
            Command::Migrate => commands::migrate::run().await,
            Command::SeedDemo => commands::migrate::seed_demo().await,
            Command::Jobs { command } => commands::jobs::run(command).await,
            Command::Runs { command } => commands::runs::run(command).await,
            Command::Staff { command } => commands::staff::run(command).await,
            Command::Inventory { command } => commands::inventory::run(command).await,
            Command::Doctor => commands::doctor::run().await,
            Command::Settings => commands::settings(),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => commands::fail(&error),
    }
}
