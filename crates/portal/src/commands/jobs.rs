//! The queue on the command line.

use super::{say, start};
use crate::boot;
use crate::config::{Role, Settings};
use anyhow::{Context as _, anyhow};
use domain::auth::schema::normalise_email;
use domain::ops::{JobAct, JobState, JobView, schema};
use platform::queue::{self, By, NotDone};
use platform::store::staff::{self, Staff};
use platform::store::{accounts, ops};
use platform::{Clock, Db};
use uuid::Uuid;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List jobs, the newest first: all that are neither done nor discarded, or those in one state.
    List {
        /// Only jobs in this state: ready, leased, done, dead, parked or discarded.
        #[arg(long)]
        state: Option<String>,
        /// Only jobs of this kind, such as provision.
        #[arg(long)]
        kind: Option<String>,
        /// Fifty jobs make a page.
        #[arg(long, default_value_t = 1)]
        page: u32,
    },
    /// Put a dead or parked job back to work.
    Retry {
        id: Uuid,
        #[command(flatten)]
        why: Why,
    },
    /// Put every dead job of a kind back to work, at most 500.
    RetryDead {
        kind: String,
        #[command(flatten)]
        why: Why,
    },
    /// Go on with a parked job, or with a discarded one whose order is still open.
    Resume {
        id: Uuid,
        #[command(flatten)]
        why: Why,
    },
    /// Give a dead or parked job up. A run before its pivot takes back what it made, and its order is rejected.
    Discard {
        id: Uuid,
        #[command(flatten)]
        why: Why,
    },
}

/// What the log of what happened keeps of an act.
#[derive(clap::Args)]
pub struct Why {
    /// Why: 3 to 500 characters, kept for ever. No customer's name, address or number.
    #[arg(long)]
    reason: String,
    /// Mail address of the person of the staff who acts. Without it: somebody at the console.
    #[arg(long)]
    by: Option<String>,
}

impl Why {
    /// Who acts.
    pub async fn staff(&self, db: &Db) -> anyhow::Result<Staff> {
        schema::reason(&self.reason).map_err(|e| anyhow!("--reason: {}", e.message.unwrap_or_default()))?;
        let Some(email) = &self.by else { return Ok(Staff::at_the_console()) };
        let found = match accounts::person_with(db.conn(), &normalise_email(email)).await? {
            Some(user) => staff::find(db.conn(), user).await?,
            None => None,
        };
        found.context("--by: nobody of the staff has this mail address")
    }

    pub fn by<'a>(&'a self, staff: &'a Staff, clock: &Clock) -> By<'a> {
        By { staff, reason: &self.reason, request_id: None, now: clock.now() }
    }
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    match command {
        Command::List { state, kind, page } => {
            let known = |name: String| {
                JobState::from_name(&name).with_context(|| format!("--state: {name} is no state of a job"))
            };
            let filter = ops::JobFilter { state: state.map(known).transpose()?, kind };
            let found = ops::jobs(db.conn(), &Staff::at_the_console(), &filter, page.max(1)).await?;
            for job in &found.items {
                say(&line(job))?;
            }
            say(&format!("{} of {} jobs, page {} of {}", found.items.len(), found.total, found.page, found.pages()))
        }
        Command::Retry { id, why } => {
            let staff = why.staff(&db).await?;
            let (clock, bus) = (boot::clock(&settings), boot::bus(&settings)?);
            let done = match queue::act(&db, &bus, id, JobAct::Retry, why.by(&staff, &clock)).await? {
                // One word for both on the command line: the job goes back to work.
                Err(NotDone::Job(JobState::Parked)) => {
                    queue::act(&db, &bus, id, JobAct::Resume, why.by(&staff, &clock)).await?
                }
                done => done,
            };
            report(id, done)
        }
        Command::RetryDead { kind, why } => {
            let staff = why.staff(&db).await?;
            let jobs =
                queue::retry_dead(&db, &boot::bus(&settings)?, &kind, why.by(&staff, &boot::clock(&settings))).await?;
            say(&format!("{jobs} dead jobs are back at work."))
        }
        Command::Resume { id, why } => act(&db, &settings, id, JobAct::Resume, &why).await,
        Command::Discard { id, why } => act(&db, &settings, id, JobAct::Discard, &why).await,
    }
}

async fn act(db: &Db, settings: &Settings, id: Uuid, what: JobAct, why: &Why) -> anyhow::Result<()> {
    let staff = why.staff(db).await?;
    report(id, queue::act(db, &boot::bus(settings)?, id, what, why.by(&staff, &boot::clock(settings))).await?)
}

fn report(id: Uuid, done: Result<JobView, NotDone>) -> anyhow::Result<()> {
    match done {
        Ok(job) if job.state == JobState::Ready => say("The job is back at work."),
        Ok(job) => say(&format!("The job is {}.", job.state.name())),
        Err(NotDone::NotFound) => Err(anyhow!("there is no job {id}")),
        Err(NotDone::Job(state)) => Err(anyhow!("job {id} is {}; nothing was done", state.name())),
        Err(why @ (NotDone::Order(_) | NotDone::Undecided(_))) => Err(anyhow!("{why}; nothing was done")),
    }
}

fn line(job: &JobView) -> String {
    format!(
        "{} {:13} {:9} attempts {}/{} crashes {} next {} {} {} {}",
        job.id,
        job.kind,
        job.state.name(),
        job.attempts,
        job.max_attempts,
        job.crashes,
        job.run_at,
        job.subject.as_deref().unwrap_or("-"),
        job.order.as_ref().map_or("-", |o| o.number.as_str()),
        job.last_error.as_deref().unwrap_or("")
    )
}
