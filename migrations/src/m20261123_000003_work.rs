//! Background work: jobs, provisioning runs, event intake, stock.

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
        table::drop(manager, &["lease", "inventory", "replay_cursor", "inbox_event", "run_step", "run", "job"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE job (
        id $uuid PRIMARY KEY,
        queue text NOT NULL, kind text NOT NULL, dedupe_key text, payload $json NOT NULL,
        state text NOT NULL, priority integer NOT NULL DEFAULT 0, run_at $ms NOT NULL,
        attempts integer NOT NULL DEFAULT 0, max_attempts integer NOT NULL, crashes integer NOT NULL DEFAULT 0,
        lease_owner text, lease_until $ms, epoch bigint NOT NULL DEFAULT 0,
        last_error text, request_id text, created_at $ms NOT NULL, finished_at $ms,
        CONSTRAINT job_dedupe_key UNIQUE (kind, dedupe_key))",
    "CREATE INDEX job_ready ON job (queue, priority DESC, run_at, id) WHERE state = 'ready'",
    "CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased'",
    "CREATE TABLE run (
        order_id $uuid PRIMARY KEY REFERENCES customer_order (id),
        state text NOT NULL, created_at $ms NOT NULL, updated_at $ms NOT NULL)",
    "CREATE TABLE run_step (
        order_id $uuid NOT NULL REFERENCES run (order_id), name text NOT NULL, item_no integer NOT NULL, seq integer NOT NULL,
        state text NOT NULL, marker text, attempt integer NOT NULL DEFAULT 0, epoch bigint NOT NULL DEFAULT 0,
        intent_at $ms, settle_until $ms, recorded_at $ms, result $json, error text,
        PRIMARY KEY (order_id, name, item_no))",
    "CREATE TABLE inbox_event (
        source text NOT NULL, event_uuid text NOT NULL, subject text NOT NULL, received_at $ms NOT NULL,
        PRIMARY KEY (source, event_uuid))",
    "CREATE TABLE replay_cursor (topic text PRIMARY KEY, replay_id $bytes NOT NULL, updated_at $ms NOT NULL)",
    "CREATE TABLE inventory (
        kind text NOT NULL, value text NOT NULL, order_id $uuid, item_no integer, allotted_at $ms,
        PRIMARY KEY (kind, value))",
    "CREATE UNIQUE INDEX inventory_allotted ON inventory (kind, order_id, item_no) WHERE order_id IS NOT NULL",
    "CREATE TABLE lease (name text PRIMARY KEY, holder text NOT NULL, until_at $ms NOT NULL, epoch bigint NOT NULL)",
];
