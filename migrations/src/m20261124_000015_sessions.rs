//! What a person sees of their sessions, and the browsers that they have signed in from.

use crate::table;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite would otherwise keep half of a failed migration.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &["known_device"]).await?;
        table::run(manager, DOWN).await
    }
}

// A process of the release before writes no `last_used_at`: the last rotation counts there, so 0 is never "unused".
const UP: &[&str] = &[
    "ALTER TABLE session ADD COLUMN device text",
    "ALTER TABLE session ADD COLUMN address text",
    "ALTER TABLE session ADD COLUMN last_used_at $ms NOT NULL DEFAULT 0",
    "CREATE TABLE known_device (
        person_id $uuid NOT NULL REFERENCES person (id), hash $bytes NOT NULL,
        first_seen_at $ms NOT NULL, last_seen_at $ms NOT NULL,
        PRIMARY KEY (person_id, hash))",
];

const DOWN: &[&str] = &[
    "ALTER TABLE session DROP COLUMN last_used_at",
    "ALTER TABLE session DROP COLUMN address",
    "ALTER TABLE session DROP COLUMN device",
];
