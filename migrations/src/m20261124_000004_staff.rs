//! The operator's staff, what they look at, and sessions of people without a customer account.

use crate::table;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite would otherwise keep half of a failed migration.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        customer_of_session(manager, "").await?;
        table::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, DOWN).await?;
        table::drop(manager, &["stream_state", "upstream_health", "staff"]).await?;
        // What the older schema cannot hold: staff without an account sign in again after the way back up.
        table::run(manager, &["DELETE FROM live_ticket", "DELETE FROM session WHERE customer_id IS NULL"]).await?;
        customer_of_session(manager, "NOT NULL").await
    }
}

/// Whether a session needs a customer account. SQLite cannot change a column, so its table is made anew; the tickets that
/// refer to it live 30 seconds, and a page whose ticket is gone asks for another.
async fn customer_of_session(manager: &SchemaManager<'_>, rule: &str) -> Result<(), DbErr> {
    if manager.get_connection().get_database_backend() == DbBackend::Postgres {
        let change = if rule.is_empty() { "DROP NOT NULL" } else { "SET NOT NULL" };
        return table::run(manager, &[&format!("ALTER TABLE session ALTER COLUMN customer_id {change}")]).await;
    }
    let session = format!(
        "CREATE TABLE session_new (
            id $uuid PRIMARY KEY,
            person_id $uuid NOT NULL REFERENCES person (id), customer_id $uuid {rule} REFERENCES customer (id),
            generation bigint NOT NULL, token_hash $bytes NOT NULL, previous_hash $bytes,
            rotated_at $ms NOT NULL, created_at $ms NOT NULL, expires_at $ms NOT NULL,
            ended_at $ms, end_reason text)"
    );
    table::run(
        manager,
        &[
            "DROP TABLE live_ticket",
            &session,
            "INSERT INTO session_new (id, person_id, customer_id, generation, token_hash, previous_hash, rotated_at,
                                      created_at, expires_at, ended_at, end_reason)
             SELECT id, person_id, customer_id, generation, token_hash, previous_hash, rotated_at,
                    created_at, expires_at, ended_at, end_reason FROM session",
            "DROP TABLE session",
            "ALTER TABLE session_new RENAME TO session",
            "CREATE INDEX session_person ON session (person_id)",
            "CREATE TABLE live_ticket (
                hash $bytes PRIMARY KEY,
                session_id $uuid NOT NULL REFERENCES session (id), customer_id $uuid NOT NULL REFERENCES customer (id),
                expires_at $ms NOT NULL)",
        ],
    )
    .await
}

const UP: &[&str] = &[
    "CREATE TABLE staff (
        person_id $uuid PRIMARY KEY REFERENCES person (id),
        role text NOT NULL, name text NOT NULL,
        granted_at $ms NOT NULL, granted_by text NOT NULL)",
    "CREATE TABLE upstream_health (
        process text NOT NULL, provider text NOT NULL, breaker text NOT NULL,
        calls integer NOT NULL, failed integer NOT NULL, denied integer NOT NULL, p50_ms integer, p99_ms integer,
        at $ms NOT NULL,
        PRIMARY KEY (process, provider))",
    "CREATE TABLE stream_state (
        topic text PRIMARY KEY, holder text NOT NULL, connected integer NOT NULL, since $ms NOT NULL, error text)",
    // The lists of staff pages, newest first, without reading what is finished.
    "CREATE INDEX domain_event_kind ON domain_event (kind, at)",
    "CREATE INDEX domain_event_person ON domain_event (person_id, at) WHERE person_id IS NOT NULL",
    "CREATE INDEX job_open ON job (kind, state) WHERE state <> 'done'",
    "CREATE INDEX run_opened ON run (created_at, order_id)",
    "CREATE INDEX inbox_event_received ON inbox_event (received_at)",
];

const DOWN: &[&str] = &[
    "DROP INDEX inbox_event_received",
    "DROP INDEX run_opened",
    "DROP INDEX job_open",
    "DROP INDEX domain_event_person",
    "DROP INDEX domain_event_kind",
];
