//! The schema, and the command that applies it. An applied migration is never edited: add a new one, expand first,
//! contract in a later release.

use sea_orm_migration::prelude::{DbErr, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use std::collections::HashSet;

mod m20261123_000001_accounts;
mod m20261123_000002_orders;
mod m20261123_000003_work;
mod m20261124_000004_staff;
mod m20261124_000005_history;
mod m20261124_000006_job_waits;
mod m20261124_000010_port_in;
mod m20261124_000011_mails;
mod m20261124_000012_links;
mod m20261124_000013_sign_in;
mod m20261124_000014_verified;
mod m20261124_000015_sessions;
mod m20261124_000016_people;
mod m20261124_000017_wall;
mod m20261124_000018_privacy;
pub mod table;
pub mod wall;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_accounts::Migration),
            Box::new(m20261123_000002_orders::Migration),
            Box::new(m20261123_000003_work::Migration),
            Box::new(m20261124_000004_staff::Migration),
            Box::new(m20261124_000005_history::Migration),
            Box::new(m20261124_000006_job_waits::Migration),
            Box::new(m20261124_000010_port_in::Migration),
            Box::new(m20261124_000011_mails::Migration),
            Box::new(m20261124_000012_links::Migration),
            Box::new(m20261124_000013_sign_in::Migration),
            Box::new(m20261124_000014_verified::Migration),
            Box::new(m20261124_000015_sessions::Migration),
            Box::new(m20261124_000016_people::Migration),
            Box::new(m20261124_000017_wall::Migration),
            Box::new(m20261124_000018_privacy::Migration),
        ]
    }
}

/// Session-level advisory lock: sea-orm takes none, and two processes may start at once.
const LOCK_KEY: i64 = 0x706f_7274_616c;

/// How often a migration tries again that found a table in use.
const TRIES: u32 = 60;

/// Brings the database to the newest schema. Safe to call from several processes at once, and while others work.
///
/// # Errors
/// When a migration fails; each one is a transaction of its own, so nothing is left half done.
pub async fn apply(db: &DatabaseConnection) -> Result<(), DbErr> {
    apply_and::<Migrator>(db, true).await
}

/// The same with the migrations of another release, for tests.
///
/// # Errors
/// As [`apply`].
pub async fn apply_of<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    apply_and::<M>(db, false).await
}

async fn apply_and<M: MigratorTrait>(db: &DatabaseConnection, walled: bool) -> Result<(), DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return M::up(db, None).await;
    }
    // An advisory lock belongs to one connection, so it is held by a connection of its own.
    let lock = sea_orm_migration::sea_orm::TransactionTrait::begin(db).await?;
    lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK_KEY})")).await?;
    let mut outcome = up::<M>(db, walled).await;
    for _ in 1..TRIES {
        if !outcome.as_ref().is_err_and(was_in_use) {
            break;
        }
        lock.execute_unprepared("SELECT pg_sleep(0.5)").await?;
        outcome = up::<M>(db, walled).await;
    }
    lock.rollback().await?;
    outcome
}

/// The migrations, then the wall around what they have made.
async fn up<M: MigratorTrait>(db: &DatabaseConnection, walled: bool) -> Result<(), DbErr> {
    M::up(db, None).await?;
    if walled {
        wall::build(db).await?;
    }
    Ok(())
}

/// Whether a lock was not had in time (55P03).
fn was_in_use(error: &DbErr) -> bool {
    error.to_string().contains("lock timeout")
}

/// Whether every migration of this release is applied. Those of a newer release may be applied too: they only add, so that
/// processes of this one go on, and start, while they are replaced one by one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_current(db: &DatabaseConnection) -> Result<bool, DbErr> {
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(false);
    }
    let sql = Statement::from_string(db.get_database_backend(), "SELECT version FROM seaql_migrations");
    let rows = db.query_all_raw(sql).await?;
    let applied = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<HashSet<String>, _>>()?;
    Ok(Migrator::migrations().iter().all(|migration| applied.contains(migration.name())))
}
