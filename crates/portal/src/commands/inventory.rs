//! The stock of numbers and cards on the command line.

use super::{say, start};
use crate::boot;
use crate::config::Role;
use anyhow::Context as _;
use platform::store::inventory::{self, StockKind};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Show what is free.
    Show,
    /// Add values from a file, one a line. Values that are known are left alone.
    Add {
        /// What the file holds.
        #[arg(value_enum)]
        kind: Kind,
        file: std::path::PathBuf,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Kind {
    /// Phone numbers, 11 to 14 digits.
    Msisdn,
    /// SIM cards, 19 or 20 digits.
    Iccid,
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    let settings = start(Role::Store)?;
    let db = boot::open_store(&settings).await?;
    boot::require_schema(&db).await?;
    match command {
        Command::Show => {
            for (kind, count) in inventory::free(db.conn()).await? {
                say(&format!("{kind}: {count} free"))?;
            }
            Ok(())
        }
        Command::Add { kind, file } => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let values: Vec<String> = text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
            let (kind, lengths) = match kind {
                Kind::Msisdn => (StockKind::Msisdn, 11..=14),
                Kind::Iccid => (StockKind::Iccid, 19..=20),
            };
            for (no, value) in (1..).zip(&values) {
                let fine = lengths.contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
                anyhow::ensure!(fine, "value {no} of {} is not {lengths:?} digits; nothing was added", file.display());
            }
            let tx = db.begin().await?;
            let added = inventory::add(&tx, kind, &values).await?;
            tx.commit().await?;
            say(&format!("{added} added, {} already known", values.len() as u64 - added))
        }
    }
}
