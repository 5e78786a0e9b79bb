//! Provisioning runs on the command line.

use super::jobs::Why;
use super::{say, start};
use crate::boot;
use crate::config::Role;
use anyhow::{Context as _, anyhow};
use domain::OrderId;
use domain::ops::contract::Actor;
use domain::ops::{HandOutcome, RunDetail, RunStep, RunSummary};
use domain::orders::Stage;
use platform::Db;
use platform::queue::{self, NotDone};
use platform::store::staff::Staff;
use platform::store::{history, ops};

#[derive(clap::Subcommand)]
pub enum Command {
    /// List runs, the last opened first.
    List {
        /// Only orders in this stage: provisioning, needs_attention, active or rejected.
        #[arg(long)]
        stage: Option<String>,
        /// Only orders whose number begins so.
        #[arg(long)]
        order: Option<String>,
        /// Fifty runs make a page.
        #[arg(long, default_value_t = 1)]
        page: u32,
    },
    /// Show a run with every step and everything that happened.
    Show {
        /// Number of the order.
        order: String,
    },
    /// Say how an order stands that was put right by hand in the other systems. Nothing is sent anywhere.
    Settle {
        /// Number of the order.
        order: String,
        #[arg(long, value_enum)]
        outcome: Outcome,
        #[command(flatten)]
        why: Why,
    },
    /// Compare every order and run with the log of facts, which alone must give the tables back.
    Verify,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Outcome {
    /// Every ordered service works.
    Active,
    /// Nothing of the order is left in billing or at the carrier.
    Rejected,
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    let console = Staff::at_the_console();
    match command {
        Command::List { stage, order, page } => {
            let known = |name: String| {
                Stage::from_name(&name).with_context(|| format!("--stage: {name} is no stage of an order"))
            };
            let number = order.map(|o| digits(&o)).transpose()?;
            let filter = ops::RunFilter { stage: stage.map(known).transpose()?, number };
            let found = ops::runs(db.conn(), &console, &filter, page.max(1)).await?;
            for run in &found.items {
                say(&line(run))?;
            }
            say(&format!("{} of {} runs, page {} of {}", found.items.len(), found.total, found.page, found.pages()))
        }
        Command::Show { order } => {
            let id = order_with(&db, &order).await?;
            let run = ops::run(db.conn(), &console, id).await?.context("this order has no run yet")?;
            show(&run)
        }
        Command::Verify => {
            let found = history::differences(db.conn()).await?;
            for difference in &found {
                let (log, tables) = (&difference.log, &difference.tables);
                say(&format!("order {}\n  log    {}\n  tables {}", difference.order, text(log), text(tables)))?;
            }
            anyhow::ensure!(found.is_empty(), "{} orders do not stand as the log says", found.len());
            say("Every order and run stands as the log says.")
        }
        Command::Settle { order, outcome, why } => {
            let id = order_with(&db, &order).await?;
            let staff = why.staff(&db).await?;
            let outcome = match outcome {
                Outcome::Active => HandOutcome::Active,
                Outcome::Rejected => HandOutcome::Rejected,
            };
            let bus = boot::bus(&settings)?;
            match queue::settle(&db, &bus, id, outcome, why.by(&staff, &boot::clock(&settings))).await? {
                Ok(()) => say(&format!("Order {order} is {}.", outcome.name())),
                Err(NotDone::NotFound) => Err(anyhow!("order {order} has no job")),
                Err(why) => Err(anyhow!("{why}; nothing was done")),
            }
        }
    }
}

fn text(standing: &Option<history::Standing>) -> String {
    standing.as_ref().map_or_else(|| "not there, or with a gap".to_owned(), ToString::to_string)
}

fn digits(number: &str) -> anyhow::Result<String> {
    let fine = (1..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    anyhow::ensure!(fine, "an order number has digits only");
    Ok(number.to_owned())
}

async fn order_with(db: &Db, number: &str) -> anyhow::Result<OrderId> {
    let found = ops::order_with(db.conn(), &Staff::at_the_console(), &digits(number)?).await?;
    found.with_context(|| format!("there is no order {number}"))
}

fn line(run: &RunSummary) -> String {
    let at = run.at.as_ref().map(at_step).unwrap_or_default();
    let job = run.job.as_ref().map_or("-", |j| j.state.name());
    format!(
        "{} {} {:17} steps {}/{} job {:9} opened {} {at}",
        run.order.number,
        run.order.customer_number,
        run.order.stage.name(),
        run.done,
        run.steps,
        job,
        run.opened_at,
    )
}

fn at_step(step: &RunStep) -> String {
    let item = if step.item > 0 { format!(" of item {}", step.item) } else { String::new() };
    format!("{} {}{item} {}", step.state, step.step, step.error.as_deref().unwrap_or(""))
}

fn show(run: &RunDetail) -> anyhow::Result<()> {
    say(&format!(
        "Order {} of {}: {}, run {}",
        run.order.number,
        run.order.customer_number,
        run.order.stage.name(),
        run.state
    ))?;
    say(&format!("Salesforce {}, billing order {}", run.salesforce_order_id, optional(run.whmcs_order_id)))?;
    say(&format!("Request {}", run.request_id.as_deref().unwrap_or("-")))?;
    if let Some(job) = &run.job {
        say(&format!(
            "Job {} {} next {} {}",
            job.id,
            job.state.name(),
            job.run_at,
            job.last_error.as_deref().unwrap_or("")
        ))?;
    }
    say("Steps")?;
    for step in &run.steps {
        say(&format!(
            "  {:21} item {} {:8} calls {} announced {} settled {} recorded {} {}",
            step.step,
            step.item,
            step.state,
            step.attempt,
            optional(step.intent_at),
            optional(step.settle_until),
            optional(step.recorded_at),
            step.error.as_deref().unwrap_or("")
        ))?;
    }
    say("Events")?;
    for event in &run.events {
        let who = match &event.actor {
            Actor::System => "system".to_owned(),
            Actor::Customer { customer_number } => customer_number.clone(),
            Actor::Staff { name } => name.clone(),
            Actor::Console => "console".to_owned(),
        };
        say(&format!(
            "  {} {:22} {who} {} {}",
            event.at,
            event.kind,
            optional(event.request_id.as_deref()),
            event.data
        ))?;
    }
    Ok(())
}

fn optional(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| v.to_string())
}
