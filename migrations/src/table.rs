//! Column kinds of both databases, so that a table is written once. Instants are 64-bit milliseconds everywhere:
//! SQLite has no time type, and text forms of two writers do not compare.

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs statements in which `$uuid`, `$json`, `$bytes`, `$ms` stand for the column types of the database in use.
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let types: [(&str, &str); 4] = match db.get_database_backend() {
        DbBackend::Postgres => [("$uuid", "uuid"), ("$json", "jsonb"), ("$bytes", "bytea"), ("$ms", "bigint")],
        _ => [("$uuid", "uuid_text"), ("$json", "jsonb_text"), ("$bytes", "blob"), ("$ms", "bigint")],
    };
    if db.get_database_backend() == DbBackend::Postgres {
        // Whoever waits for a table makes everybody wait who comes after: better give up and try again. What is then done
        // may take long on a large table, longer than a request may.
        db.execute_unprepared("SET LOCAL lock_timeout = '500ms'").await?;
        db.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    } else {
        // ALTER TABLE trusts what its connection knows of the tables, which another connection of the pool may have changed
        // meanwhile ("duplicate column name"). A statement that writes looks first, and takes the write lock at once.
        db.execute_unprepared("UPDATE seaql_migrations SET version = version WHERE false").await?;
    }
    for statement in statements {
        let sql = types.iter().fold((*statement).to_owned(), |sql, (name, kind)| sql.replace(name, kind));
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Drops tables, newest first.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
    }
    Ok(())
}
