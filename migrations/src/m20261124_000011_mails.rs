//! Mails on their way. The recipient and what the mail says go when the mail is sent or given up.

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
        table::drop(manager, &["mail"]).await
    }
}

// No reference to the person or the customer: a mail may be for somebody who has no account yet.
const UP: &[&str] = &[
    "CREATE TABLE mail (
        id $uuid PRIMARY KEY, message_id text, template text NOT NULL, language text NOT NULL,
        recipient text, fields $json, person_id $uuid, customer_id $uuid,
        state text NOT NULL, reason text, tries integer NOT NULL DEFAULT 0,
        created_at $ms NOT NULL, intent_at $ms, ended_at $ms)",
    "CREATE INDEX mail_person ON mail (person_id)",
    "CREATE INDEX mail_open ON mail (state, created_at) WHERE state <> 'sent'",
];
