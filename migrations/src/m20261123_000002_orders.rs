//! Orders, their intake records and the log of what happened.

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
        table::drop(manager, &["domain_event", "idempotency_request", "customer_order"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE customer_order (
        id $uuid PRIMARY KEY,
        customer_id $uuid NOT NULL REFERENCES customer (id),
        number text NOT NULL CONSTRAINT customer_order_number_key UNIQUE,
        salesforce_order_id text NOT NULL CONSTRAINT customer_order_salesforce_key UNIQUE,
        stage text NOT NULL, content $json NOT NULL,
        placed_at $ms NOT NULL, decided_at $ms, updated_at $ms NOT NULL, version bigint NOT NULL)",
    "CREATE INDEX customer_order_owner ON customer_order (customer_id, placed_at DESC, id)",
    "CREATE INDEX customer_order_open ON customer_order (stage) WHERE stage IN ('awaiting_approval', 'provisioning')",
    "CREATE TABLE idempotency_request (
        person_id $uuid NOT NULL REFERENCES person (id), key text NOT NULL,
        path text NOT NULL, body_hash $bytes NOT NULL, order_id $uuid NOT NULL,
        state text NOT NULL, status integer, body text,
        created_at $ms NOT NULL, locked_until $ms NOT NULL,
        PRIMARY KEY (person_id, key))",
    "CREATE INDEX idempotency_request_age ON idempotency_request (created_at)",
    "CREATE TABLE domain_event (
        id $uuid PRIMARY KEY, at $ms NOT NULL, kind text NOT NULL,
        customer_id $uuid, order_id $uuid, person_id $uuid, request_id text, data $json NOT NULL)",
    "CREATE INDEX domain_event_order ON domain_event (order_id, at)",
];
