//! People, customer accounts and sessions.

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
        table::drop(manager, &["live_ticket", "session", "membership", "person", "customer", "counter"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL)",
    "CREATE TABLE customer (
        id $uuid PRIMARY KEY,
        number text NOT NULL CONSTRAINT customer_number_key UNIQUE,
        family_name text NOT NULL, given_name text NOT NULL, email text NOT NULL, phone text NOT NULL,
        postcode text NOT NULL, prefecture text NOT NULL, city text NOT NULL, line1 text NOT NULL, line2 text NOT NULL,
        salesforce_account_id text, whmcs_client_id bigint,
        created_at $ms NOT NULL)",
    "CREATE TABLE person (
        id $uuid PRIMARY KEY,
        email text NOT NULL CONSTRAINT person_email_key UNIQUE,
        password_hash text NOT NULL, language text NOT NULL,
        created_at $ms NOT NULL)",
    "CREATE TABLE membership (
        person_id $uuid NOT NULL REFERENCES person (id), customer_id $uuid NOT NULL REFERENCES customer (id),
        role text NOT NULL, created_at $ms NOT NULL,
        PRIMARY KEY (person_id, customer_id))",
    "CREATE TABLE session (
        id $uuid PRIMARY KEY,
        person_id $uuid NOT NULL REFERENCES person (id), customer_id $uuid NOT NULL REFERENCES customer (id),
        generation bigint NOT NULL, token_hash $bytes NOT NULL, previous_hash $bytes,
        rotated_at $ms NOT NULL, created_at $ms NOT NULL, expires_at $ms NOT NULL,
        ended_at $ms, end_reason text)",
    "CREATE INDEX session_person ON session (person_id)",
    "CREATE TABLE live_ticket (
        hash $bytes PRIMARY KEY,
        session_id $uuid NOT NULL REFERENCES session (id), customer_id $uuid NOT NULL REFERENCES customer (id),
        expires_at $ms NOT NULL)",
];
