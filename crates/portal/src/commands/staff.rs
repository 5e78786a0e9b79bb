//! The operator's staff on the command line: who may use the pages under `/ops`.

use super::{say, start};
use crate::boot;
use crate::config::Role;
use anyhow::{Context as _, anyhow, ensure};
use domain::auth::schema::normalise_email;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::common::validation;
use domain::{Timestamp, UserId};
use platform::Db;
use platform::bus::BusMessage;
use platform::clock::new_id;
use platform::store::events::{self, DomainEvent};
use platform::store::staff::{self, Staff};
use platform::store::{accounts, sessions};
use serde_json::json;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make somebody one of the staff. Who has no sign-in yet gets one; the password is read from standard input.
    Add {
        #[arg(long)]
        email: String,
        /// How colleagues know them; the log of what happened shows it.
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input without asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give somebody of the staff another password, and end their sessions.
    Password {
        #[arg(long)]
        email: String,
        /// Read the password from standard input without asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the staff.
    List,
    /// Take the role away, at once. The person keeps a customer account, if they have one.
    Remove {
        #[arg(long)]
        email: String,
    },
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    let now = boot::clock(&settings).now();
    match command {
        Command::Add { email, name, password_stdin } => {
            let email = normalise_email(&email);
            validation::email(&email).map_err(|e| anyhow!("--email: {}", e.message.unwrap_or_default()))?;
            let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            validation::name(&name).map_err(|e| anyhow!("--name: {}", e.message.unwrap_or_default()))?;
            let known = accounts::person_with(db.conn(), &email).await?;
            ensure!(
                known.is_none() || !password_stdin,
                "this person has a sign-in and keeps its password; leave --password-stdin out"
            );
            let password = if known.is_none() { Some(new_password(password_stdin)?) } else { None };
            add(&db, known, &Pii::new(email), name.trim(), password, now).await?;
            say(&format!("{} is one of the staff.", name.trim()))
        }
        Command::Password { email, password_stdin } => {
            let user = member(&db, &email).await?;
            let hash = bff::hash_password(new_password(password_stdin)?.into_inner()).await?;
            let tx = db.begin().await?;
            accounts::set_password_hash(&tx, user, &hash).await?;
            let ended = sessions::end_all(&tx, user, "password_changed", now).await?;
            record(&tx, "staff_password_changed", user, now).await?;
            tx.commit().await?;
            tell(&settings, ended).await?;
            say("The password is changed and every session of this person has ended.")
        }
        Command::List => {
            for row in staff::list(db.conn(), &Staff::at_the_console()).await? {
                let (email, since) = (row.email.reveal(), row.granted_at);
                say(&format!("{email} {} since {since} by {}", row.name, row.granted_by))?;
            }
            Ok(())
        }
        Command::Remove { email } => {
            let user = member(&db, &email).await?;
            let tx = db.begin().await?;
            staff::revoke(&tx, user).await?;
            // Somebody who is a customer too stays signed in as one; the role is asked for at every request.
            let known = accounts::credentials(&tx, &normalise_email(&email)).await?;
            let ended = match known.and_then(|person| person.customer_id) {
                Some(_) => Vec::new(),
                None => sessions::end_all(&tx, user, "staff_removed", now).await?,
            };
            record(&tx, "staff_removed", user, now).await?;
            tx.commit().await?;
            tell(&settings, ended).await?;
            say("This person is no longer one of the staff.")
        }
    }
}

/// Makes a person one of the staff; one without a sign-in gets it with this password.
pub async fn add(
    db: &Db,
    known: Option<UserId>,
    email: &Pii<String>,
    name: &str,
    password: Option<Pii<String>>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let hash = match password {
        Some(password) => {
            Some(bff::hash_password(password.into_inner()).await.context("password could not be hashed")?)
        }
        None => None,
    };
    let tx = db.begin().await?;
    let user = match (known, hash) {
        (Some(user), _) => user,
        (None, Some(hash)) => {
            let user = UserId(new_id());
            accounts::insert_person(&tx, user, email, &hash, Language::En, now).await?;
            user
        }
        (None, None) => anyhow::bail!("a new person needs a password"),
    };
    ensure!(
        staff::grant(&tx, user, name, &Staff::at_the_console(), now).await?,
        "this person is one of the staff already"
    );
    record(&tx, "staff_added", user, now).await?;
    Ok(tx.commit().await?)
}

async fn member(db: &Db, email: &str) -> anyhow::Result<UserId> {
    let user = accounts::person_with(db.conn(), &normalise_email(email)).await?;
    let found = match user {
        Some(user) => staff::find(db.conn(), user).await?.map(|_| user),
        None => None,
    };
    found.context("nobody of the staff has this mail address; `portal staff list` shows them")
}

/// The person is in `data`: the one who did it sits at the command line.
async fn record<C: platform::store::Connection>(
    conn: &C,
    kind: &str,
    user: UserId,
    now: Timestamp,
) -> anyhow::Result<()> {
    let by = Staff::at_the_console();
    let data = json!({ "person": user, "staff": by.name() });
    Ok(events::append(conn, &DomainEvent { kind, data, ..Default::default() }, now).await?)
}

/// Running API processes drop the sessions at once; without Redis they find out within five seconds.
async fn tell(settings: &crate::config::Settings, ended: Vec<domain::SessionId>) -> anyhow::Result<()> {
    let bus = boot::bus(settings)?;
    for session_id in ended {
        bus.send(BusMessage::SessionEnded { session_id }).await;
    }
    Ok(())
}

/// A password that keeps the rules of sign-up.
fn new_password(quietly: bool) -> anyhow::Result<Pii<String>> {
    let asks = !quietly && std::io::stdin().is_terminal();
    if asks {
        // Nothing is lost when standard error is closed.
        let _ = write!(std::io::stderr(), "Password (not shown): ");
    }
    let mut line = String::new();
    let hidden = asks && echo(false);
    let read = std::io::stdin().lock().read_line(&mut line);
    if hidden {
        echo(true);
        let _ = writeln!(std::io::stderr());
    }
    read.context("the password could not be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    bff::check_password(&password).map_err(|why| anyhow!("the password is refused: {why}"))?;
    Ok(Pii::new(password))
}

/// Whether the terminal shows what is typed; `false` when it could not be told.
fn echo(on: bool) -> bool {
    let told = std::process::Command::new("stty").arg(if on { "echo" } else { "-echo" }).status();
    told.is_ok_and(|status| status.success())
}
