//! The only place that knows tables. Functions take a connection (the caller owns the transaction) and return domain
//! types; reads and writes of a customer's rows take the owner.

mod entities;

pub mod accounts;
pub mod activity;
pub mod cursors;
pub mod customers;
pub mod drift;
pub mod email_changes;
pub mod events;
pub mod health;
pub mod history;
pub mod idempotency;
pub mod inventory;
pub mod invitations;
pub mod leases;
pub mod link_requests;
pub mod mail_tokens;
pub mod mails;
pub mod ops;
pub mod orders;
pub mod passkeys;
pub mod passwords;
pub mod people;
pub mod personal;
pub mod port_ins;
pub mod runs;
pub mod second_factors;
pub mod sessions;
pub mod sign_in_guard;
pub mod staff;
pub mod tries;

pub use customers::CustomerDb;
pub use sea_orm::ConnectionTrait as Connection;

use domain::Timestamp;
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult,
    SqlErr, SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions,
    TransactionTrait, Value,
};
use std::time::Duration;
use url::Url;

/// The database: SQLite for one process, PostgreSQL for several.
#[derive(Clone, Debug)]
pub struct Db {
    conn: DatabaseConnection,
    /// The same database for customers' requests; on SQLite the same connections.
    customers: DatabaseConnection,
}

/// What a store function says besides its result.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database did not do what was asked")]
    Db(#[from] DbErr),
    /// A unique constraint, by its name.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// Somebody else changed the row first.
    #[error("the row was changed meanwhile")]
    Stale,
    /// A stored value of another release.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
}

impl StoreError {
    /// The database itself could not be reached: trying again later makes sense.
    pub fn is_connection(&self) -> bool {
        matches!(self, Self::Db(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)))
            || matches!(self, Self::Db(DbErr::Exec(e) | DbErr::Query(e)) if runtime_is_connection(e))
    }
}

fn runtime_is_connection(error: &sea_orm::RuntimeErr) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    match error {
        sea_orm::RuntimeErr::SqlxError(e) => match e.as_ref() {
            Sqlx::Io(_) | Sqlx::PoolTimedOut | Sqlx::PoolClosed | Sqlx::Tls(_) | Sqlx::WorkerCrashed => true,
            // Class 57P0x: the server is shutting down, crashed or starting.
            Sqlx::Database(e) => e.code().is_some_and(|c| c.starts_with("57P0")),
            _ => false,
        },
        sea_orm::RuntimeErr::Internal(_) => false,
    }
}

pub type StoreResult<T> = Result<T, StoreError>;

impl Db {
    /// Connects. PostgreSQL: a pool of at most `max_connections`. SQLite: write-ahead log, every commit on disk.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn connect(url: &Url, max_connections: u32) -> Result<Self, DbErr> {
        let mut options = ConnectOptions::new(url.as_str());
        options.sqlx_logging(false).acquire_timeout(Duration::from_secs(2)).connect_timeout(Duration::from_secs(5));
        if !url.as_str().starts_with("sqlite::memory:") {
            options.max_connections(max_connections);
        }
        options.map_sqlx_sqlite_opts(|o| {
            o.create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
        });
        options.map_sqlx_postgres_opts(|o| {
            o.options([("statement_timeout", "10000"), ("idle_in_transaction_session_timeout", "30000")])
        });
        let conn = Database::connect(options).await?;
        let customers = match conn.get_database_backend() {
            DbBackend::Postgres => {
                let options = conn.get_postgres_connection_pool().connect_options();
                customers::pool((*options).clone(), max_connections)
            }
            _ => conn.clone(),
        };
        Ok(Self { conn, customers })
    }

    pub const fn conn(&self) -> &DatabaseConnection {
        &self.conn
    }

    pub fn is_postgres(&self) -> bool {
        self.conn.get_database_backend() == DbBackend::Postgres
    }

    /// A writing transaction. On SQLite it takes the write lock at once: a transaction that reads first and writes later
    /// would fail with "database is locked" as soon as two of them meet.
    ///
    /// # Errors
    /// When no connection is free within two seconds.
    pub async fn begin(&self) -> StoreResult<DatabaseTransaction> {
        begin_on(&self.conn).await
    }

    /// The database's own clock: several processes agree on it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now(&self) -> StoreResult<Timestamp> {
        self.now_in(&self.conn).await
    }

    /// The same on a connection or in a transaction of the caller's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now_in<C: ConnectionTrait>(&self, conn: &C) -> StoreResult<Timestamp> {
        let sql = format!("SELECT {} AS now", now_sql(conn));
        let row = query_one(conn, &sql, []).await?;
        let row = row.ok_or(StoreError::Unreadable("clock"))?;
        Ok(Timestamp(row.try_get("", "now")?))
    }

    /// The same database through one connection of its own, for a loop with few statements that repeats what fails: nobody
    /// else keeps it busy, and it is not tested before each use. On PostgreSQL its statements go by index whatever the
    /// statistics say and are planned once, and without `durable` a commit does not wait for the disk: a crash of the
    /// database may forget the last ones. On SQLite every commit waits.
    pub fn for_loop(&self, durable: bool) -> Self {
        let wait = Duration::from_secs(5);
        let conn = if self.is_postgres() {
            let options = self.conn.get_postgres_connection_pool().connect_options();
            let options = (*options).clone().options([
                ("synchronous_commit", if durable { "on" } else { "off" }),
                ("plan_cache_mode", "force_generic_plan"),
                ("enable_seqscan", "off"),
                ("enable_bitmapscan", "off"),
                ("enable_sort", "off"),
            ]);
            let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(wait).test_before_acquire(false);
            SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options))
        } else {
            let options = self.conn.get_sqlite_connection_pool().connect_options();
            let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(wait).test_before_acquire(false);
            SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.connect_lazy_with((*options).clone()))
        };
        Self { customers: conn.clone(), conn }
    }

    /// Connections in use and open, for metrics.
    pub fn pool_usage(&self) -> (u32, u32) {
        let (size, idle) = if self.is_postgres() {
            let pools = [self.conn.get_postgres_connection_pool(), self.customers.get_postgres_connection_pool()];
            (pools.iter().map(|p| p.size()).sum(), pools.iter().map(|p| p.num_idle()).sum())
        } else {
            let pool = self.conn.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        };
        (size.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX)), size)
    }
}

async fn begin_on(conn: &DatabaseConnection) -> StoreResult<DatabaseTransaction> {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    Ok(conn.begin_with_options(options).await?)
}

/// The current time in milliseconds as a SQL expression.
pub(crate) fn now_sql<C: ConnectionTrait>(conn: &C) -> &'static str {
    match conn.get_database_backend() {
        DbBackend::Postgres => "(extract(epoch from clock_timestamp()) * 1000)::bigint",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

pub(crate) fn statement<C: ConnectionTrait>(conn: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), sql, values)
}

/// Runs a write; the number of rows it changed.
pub(crate) async fn execute<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> StoreResult<u64> {
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

pub(crate) async fn query<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> StoreResult<Vec<QueryResult>> {
    Ok(conn.query_all_raw(statement(conn, sql, values)).await?)
}

pub(crate) async fn query_one<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> StoreResult<Option<QueryResult>> {
    Ok(conn.query_one_raw(statement(conn, sql, values)).await?)
}

/// Turns the violation of a unique constraint into [`StoreError::Taken`]. PostgreSQL names the constraint, SQLite the
/// column, so both spellings are given.
pub(crate) fn on_unique(error: DbErr, constraint: &'static str, sqlite_column: &str) -> StoreError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(text)) if text.contains(constraint) || text.contains(sqlite_column) => {
            StoreError::Taken(constraint)
        }
        _ => StoreError::Db(error),
    }
}
