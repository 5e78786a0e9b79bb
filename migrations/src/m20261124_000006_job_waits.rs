//! How often a job was put back to wait, so that waiting has an end; and the jobs on their last chance, which are claimed
//! one at a time.

use crate::table;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let waits = "ALTER TABLE job ADD COLUMN waits integer NOT NULL DEFAULT 0";
        let suspects = "CREATE INDEX job_suspect ON job (run_at) WHERE state = 'ready' AND crashes >= 2";
        table::run(manager, &[waits, suspects]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, &["DROP INDEX job_suspect", "ALTER TABLE job DROP COLUMN waits"]).await
    }
}
