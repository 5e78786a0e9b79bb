//! Which order keeps which number.

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
        table::drop(manager, &["port_in"]).await
    }
}

// No reference to the order: the number is claimed before the order is kept.
const UP: &[&str] = &[
    "CREATE TABLE port_in (number text PRIMARY KEY, order_id $uuid NOT NULL, claimed_at $ms NOT NULL)",
    "CREATE INDEX port_in_order ON port_in (order_id)",
];
