//! Links in mails, what they stand for, and how often they may be asked for.

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
        table::run(manager, &["ALTER TABLE customer DROP COLUMN billing_link"]).await?;
        table::drop(manager, &["tries", "link_request", "email_change", "mail_token"]).await
    }
}

// A pending sign-up is the data of its token: until the link is opened there is no person to refer to.
const UP: &[&str] = &[
    "CREATE TABLE mail_token (
        hash $bytes PRIMARY KEY, purpose text NOT NULL, subject text NOT NULL, person_id $uuid, customer_id $uuid,
        data $json NOT NULL, created_at $ms NOT NULL, expires_at $ms NOT NULL, used_at $ms)",
    "CREATE INDEX mail_token_subject ON mail_token (purpose, subject)",
    "CREATE INDEX mail_token_end ON mail_token (expires_at)",
    "CREATE TABLE email_change (
        id $uuid PRIMARY KEY, person_id $uuid NOT NULL CONSTRAINT email_change_person_key UNIQUE REFERENCES person (id),
        email text NOT NULL, old_confirmed_at $ms, new_confirmed_at $ms,
        created_at $ms NOT NULL, expires_at $ms NOT NULL)",
    "CREATE TABLE link_request (
        id $uuid PRIMARY KEY, customer_number text NOT NULL, email text NOT NULL, language text NOT NULL,
        created_at $ms NOT NULL)",
    "CREATE TABLE tries (kind text NOT NULL, subject $bytes NOT NULL, times $json NOT NULL, last_at $ms NOT NULL,
        PRIMARY KEY (kind, subject))",
    "ALTER TABLE customer ADD COLUMN billing_link text",
];
