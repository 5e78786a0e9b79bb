//! The log of what happened becomes complete enough to rebuild the orders' tables from it; differences that the comparison
//! with Salesforce finds are kept for people.

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
        table::run(manager, UP).await?;
        let snapshot = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => SNAPSHOT_POSTGRES,
            _ => SNAPSHOT_SQLITE,
        };
        table::run(manager, &[snapshot]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &["drift"]).await?;
        table::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    "ALTER TABLE domain_event ADD COLUMN version bigint",
    "ALTER TABLE domain_event ADD COLUMN before $json",
    "ALTER TABLE domain_event ADD COLUMN after $json",
    "CREATE UNIQUE INDEX domain_event_version ON domain_event (order_id, version) WHERE version IS NOT NULL",
    "CREATE INDEX domain_event_age ON domain_event (at DESC, id)",
    "CREATE TABLE drift (
        id $uuid PRIMARY KEY, kind text NOT NULL, subject text NOT NULL, detail $json NOT NULL,
        first_seen $ms NOT NULL, last_seen $ms NOT NULL, resolved_at $ms,
        CONSTRAINT drift_kind_subject UNIQUE (kind, subject))",
];

const DOWN: &[&str] = &[
    "DROP INDEX domain_event_version",
    "DROP INDEX domain_event_age",
    "DELETE FROM domain_event WHERE kind = 'order_snapshot'",
    "ALTER TABLE domain_event DROP COLUMN after",
    "ALTER TABLE domain_event DROP COLUMN before",
    "ALTER TABLE domain_event DROP COLUMN version",
];

/// Orders from before the complete log begin it with how they stand. The id of the order serves as the fact's own.
const SNAPSHOT_POSTGRES: &str = "
    INSERT INTO domain_event (id, at, kind, customer_id, order_id, data, version, after)
    SELECT o.id, o.updated_at, 'order_snapshot', o.customer_id, o.id, '{}'::jsonb, o.version,
           jsonb_strip_nulls(jsonb_build_object(
               'stage', o.stage, 'placed_at', o.placed_at, 'decided_at', o.decided_at,
               'run', (SELECT jsonb_build_object('state', r.state, 'created_at', r.created_at, 'updated_at', r.updated_at)
                       FROM run r WHERE r.order_id = o.id),
               'steps', (SELECT jsonb_object_agg(s.name || '/' || s.item_no, jsonb_build_object(
                             'seq', s.seq, 'state', s.state, 'attempt', s.attempt, 'epoch', s.epoch, 'intent_at', s.intent_at,
                             'settle_until', s.settle_until, 'recorded_at', s.recorded_at, 'error', s.error))
                         FROM run_step s WHERE s.order_id = o.id)))
    FROM customer_order o";
const SNAPSHOT_SQLITE: &str = "
    INSERT INTO domain_event (id, at, kind, customer_id, order_id, data, version, after)
    SELECT o.id, o.updated_at, 'order_snapshot', o.customer_id, o.id, '{}', o.version,
           json_patch('{}', json_object(
               'stage', o.stage, 'placed_at', o.placed_at, 'decided_at', o.decided_at,
               'run', (SELECT json_object('state', r.state, 'created_at', r.created_at, 'updated_at', r.updated_at)
                       FROM run r WHERE r.order_id = o.id),
               'steps', (SELECT json_group_object(s.name || '/' || s.item_no, json_object(
                             'seq', s.seq, 'state', s.state, 'attempt', s.attempt, 'epoch', s.epoch, 'intent_at', s.intent_at,
                             'settle_until', s.settle_until, 'recorded_at', s.recorded_at, 'error', s.error))
                         FROM run_step s WHERE s.order_id = o.id HAVING count(*) > 0)))
    FROM customer_order o";
