//! Several people of one customer account: names of their own, lines of a member, invitations.

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
        table::drop(manager, &["invitation", "membership_line"]).await?;
        table::run(manager, DOWN).await
    }
}

// The link of an invitation is a `mail_token`. Without a name of their own, people bear that of the account: they are the one who opened it.
const UP: &[&str] = &[
    "ALTER TABLE person ADD COLUMN family_name text",
    "ALTER TABLE person ADD COLUMN given_name text",
    "ALTER TABLE person ADD COLUMN phone text",
    "CREATE INDEX membership_customer ON membership (customer_id)",
    "CREATE TABLE membership_line (
        person_id $uuid NOT NULL, customer_id $uuid NOT NULL, service_id bigint NOT NULL,
        PRIMARY KEY (person_id, customer_id, service_id),
        FOREIGN KEY (person_id, customer_id) REFERENCES membership (person_id, customer_id) ON DELETE CASCADE)",
    "CREATE TABLE invitation (
        id $uuid PRIMARY KEY, customer_id $uuid NOT NULL REFERENCES customer (id),
        email text NOT NULL, role text NOT NULL, lines $json NOT NULL, language text NOT NULL,
        invited_by $uuid NOT NULL REFERENCES person (id),
        created_at $ms NOT NULL, sent_at $ms NOT NULL, expires_at $ms NOT NULL,
        ended_at $ms, outcome text, accepted_by $uuid REFERENCES person (id))",
    "CREATE UNIQUE INDEX invitation_open_key ON invitation (customer_id, email) WHERE ended_at IS NULL",
];

const DOWN: &[&str] = &[
    "DROP INDEX membership_customer",
    "ALTER TABLE person DROP COLUMN phone",
    "ALTER TABLE person DROP COLUMN given_name",
    "ALTER TABLE person DROP COLUMN family_name",
];
