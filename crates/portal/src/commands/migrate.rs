//! Schema and demo data.

use super::{say, start};
use crate::config::Role;
use crate::{boot, demo};
use platform::Clock;
use platform::store::history;

pub async fn run() -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    migrations::apply(db.conn()).await?;
    // The second time, after the last process of an older release has stopped.
    let orders = history::begin_anew(&db, Clock::system().now()).await?;
    if orders > 0 {
        say(&format!("{orders} orders that an older release changed meanwhile begin their log anew."))?;
    }
    say("The database has the schema of this release.")
}

/// The WHMCS client of the sandbox's demo customer.
pub const DEMO_CLIENT: u64 = 1;

pub async fn seed_demo() -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    demo::seed(&db, &Clock::system(), DEMO_CLIENT).await?;
    say(&format!("Demo customer: {} / {}", demo::EMAIL, demo::PASSWORD))?;
    say(&format!("Demo staff:    {} / {}", demo::STAFF_EMAIL, demo::STAFF_PASSWORD))
}
