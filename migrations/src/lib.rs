//! The schema, and the command that applies it. An applied migration is never edited: add a new one, expand first,
//! contract in a later release.

use sea_orm_migration::prelude::{DbErr, MigrationTrait, MigratorTrait, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

mod m20261123_000001_accounts;
mod m20261123_000002_orders;
mod m20261123_000003_work;
mod m20261124_000005_history;
mod m20261124_000010_port_in;
mod table;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_accounts::Migration),
            Box::new(m20261123_000002_orders::Migration),
            Box::new(m20261123_000003_work::Migration),
            Box::new(m20261124_000005_history::Migration),
            Box::new(m20261124_000010_port_in::Migration),
        ]
    }
}

/// Session-level advisory lock: sea-orm takes none, and two processes may start at once.
const LOCK_KEY: i64 = 0x706f_7274_616c;

/// Brings the database to the newest schema. Safe to call from several processes at once.
///
/// # Errors
/// When a migration fails; each one is a transaction of its own, so nothing is left half done.
pub async fn apply(db: &DatabaseConnection) -> Result<(), DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Migrator::up(db, None).await;
    }
    // An advisory lock belongs to one connection, so it is held by a connection of its own.
    let lock = sea_orm_migration::sea_orm::TransactionTrait::begin(db).await?;
    lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK_KEY})")).await?;
    let outcome = Migrator::up(db, None).await;
    lock.rollback().await?;
    outcome
}

/// Whether every migration of this release is applied.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_current(db: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(Migrator::get_pending_migrations(db).await?.is_empty())
}
