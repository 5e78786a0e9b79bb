//! The database as a customer's request sees it. On PostgreSQL its statements run as a role of their own, which by the
//! policies of [`migrations::wall`] reaches that customer's rows alone: the second line behind the conditions of the store.

use super::{Db, StoreResult, begin_on};
use crate::owner::Member;
use migrations::wall;
use sea_orm::entity::prelude::async_trait::async_trait;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqlxPostgresConnector, Statement,
};
use std::time::Duration;

tokio::task_local! {
    /// Whose statement asks the pool for a connection. The pool's hooks run inside that call.
    static ASKING: Member;
}

/// An unused connection of customers' requests is closed after this long: a quiet process keeps none.
const IDLE: Duration = Duration::from_secs(120);

/// A connection pool whose connections are one customer's for as long as they are lent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CustomerDb {
    conn: DatabaseConnection,
    member: Member,
}

impl CustomerDb {
    pub(super) const fn new(conn: DatabaseConnection, member: Member) -> Self {
        Self { conn, member }
    }

    pub const fn member(&self) -> Member {
        self.member
    }

    /// A writing transaction, as [`Db::begin`].
    ///
    /// # Errors
    /// When no connection is free within two seconds.
    pub async fn begin(&self) -> StoreResult<DatabaseTransaction> {
        ASKING.scope(self.member, begin_on(&self.conn)).await
    }
}

impl Db {
    /// The database as this person's requests see it.
    pub fn of(&self, member: Member) -> CustomerDb {
        CustomerDb::new(self.customers.clone(), member)
    }
}

/// A second pool to the same server whose connections are the role's from their start, so that whatever forgets to say
/// for whom it asks sees nothing. Saying it takes the place of the test of an idle connection: no round trip is added.
pub(super) fn pool(options: PgConnectOptions, most: u32) -> DatabaseConnection {
    let pool = PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(2))
        .idle_timeout(IDLE)
        .test_before_acquire(false)
        .after_connect(|conn, _| Box::pin(lend(conn)))
        .before_acquire(|conn, _| Box::pin(async move { lend(conn).await.map(|()| true) }))
        .connect_lazy_with(options.options([("role", wall::ROLE)]));
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

/// Makes the connection that of whoever asks; of nobody when nobody says so.
async fn lend(conn: &mut PgConnection) -> Result<(), sea_orm::sqlx::Error> {
    let asking = ASKING.try_with(|member| *member).ok();
    let text = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    sea_orm::sqlx::query("SELECT set_config($1, $2, false), set_config($3, $4, false)")
        .bind(wall::CUSTOMER)
        .bind(text(asking.map(|member| member.owner().customer_id().0)))
        .bind(wall::PERSON)
        .bind(text(asking.map(|member| member.person_id().0)))
        .execute(conn)
        .await
        .map(drop)
}

#[async_trait]
impl ConnectionTrait for CustomerDb {
    fn get_database_backend(&self) -> DbBackend {
        self.conn.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        ASKING.scope(self.member, self.conn.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        ASKING.scope(self.member, self.conn.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        ASKING.scope(self.member, self.conn.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        ASKING.scope(self.member, self.conn.query_all_raw(statement)).await
    }
}
