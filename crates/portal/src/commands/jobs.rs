//! The queue on the command line.

use super::{say, start};
use crate::boot;
use crate::config::Role;
use platform::queue;
use uuid::Uuid;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List jobs that are not done.
    List {
        /// Only jobs in this state: ready, leased, done, dead or parked.
        #[arg(long)]
        state: Option<String>,
        /// Most jobs listed.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Put a dead or parked job back to work.
    Retry { id: Uuid },
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    match command {
        Command::List { state, limit } => {
            for job in queue::list(&db, state.as_deref(), limit).await? {
                say(&format!(
                    "{} {:9} {:8} attempts {} crashes {} next {} {} {}",
                    job.id,
                    job.kind,
                    job.state,
                    job.attempts,
                    job.crashes,
                    job.run_at,
                    job.subject.as_deref().unwrap_or("-"),
                    job.last_error.as_deref().unwrap_or("")
                ))?;
            }
            Ok(())
        }
        Command::Retry { id } => {
            anyhow::ensure!(queue::retry(&db, id).await?, "job {id} is neither dead nor parked");
            say("The job is back at work.")
        }
    }
}
