//! Where an act came from, copies of one's data, and accounts that are about to be closed.

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
        table::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &["closing", "data_copy"]).await?;
        table::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    "ALTER TABLE domain_event ADD COLUMN device text",
    "ALTER TABLE domain_event ADD COLUMN address text",
    "CREATE INDEX domain_event_account ON domain_event (customer_id, at DESC)",
    // One for each person; `content` is there between ready and fetched or over.
    "CREATE TABLE data_copy (
        person_id $uuid PRIMARY KEY REFERENCES person (id),
        state text NOT NULL, asked_at $ms NOT NULL, expires_at $ms, content text)",
    "CREATE TABLE closing (
        customer_id $uuid PRIMARY KEY REFERENCES customer (id),
        asked_at $ms NOT NULL, closes_at $ms NOT NULL, closed_at $ms)",
];

const DOWN: &[&str] = &[
    "DROP INDEX domain_event_account",
    "ALTER TABLE domain_event DROP COLUMN address",
    "ALTER TABLE domain_event DROP COLUMN device",
];
