//! A database of its own for each test: a SQLite file in a temporary folder, or a new database on the PostgreSQL server
//! that `TEST_DATABASE_URL` names (`scripts/test` starts one).

use crate::clock::random_id;
use crate::store::Db;
use sea_orm::{ConnectionTrait as _, Database};
use std::path::PathBuf;
use url::Url;

/// A migrated, empty database.
pub struct TestStore {
    pub db: Db,
    pub url: Url,
    folder: Option<PathBuf>,
}

impl TestStore {
    /// A SQLite file.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("portal-test-{}", random_id().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = Url::parse(&format!("sqlite://{}", folder.join("test.db").display())).unwrap();
        Self::open(url, Some(folder)).await
    }

    /// A new PostgreSQL database. It stays until its server is thrown away: dropping it would need a connection after the
    /// test's own have gone.
    ///
    /// # Panics
    /// When `TEST_DATABASE_URL` is not set (run `scripts/test`, or `--skip on_postgres`) or the server cannot be used.
    pub async fn postgres() -> Self {
        let admin = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL names a PostgreSQL server; scripts/test starts one");
        Self::postgres_at(&admin).await
    }

    /// The same on a server of the test's own.
    ///
    /// # Panics
    /// When the server cannot be used.
    pub async fn postgres_at(admin: &str) -> Self {
        let mut url = Url::parse(admin).unwrap();
        let name = format!("portal_test_{}", random_id().simple());
        let server = Database::connect(admin).await.unwrap();
        server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        server.close().await.unwrap();
        url.set_path(&name);
        Self::open(url, None).await
    }

    /// The same database as another process has it. Its files go with the first one.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn again(&self) -> Self {
        Self::open(self.url.clone(), None).await
    }

    async fn open(url: Url, folder: Option<PathBuf>) -> Self {
        let db = Db::connect(&url, 8).await.unwrap();
        migrations::apply(db.conn()).await.unwrap();
        Self { db, url, folder }
    }
}

/// Everything that was ever queued, in that order.
///
/// # Panics
/// When the database does not answer or a payload is not work.
pub async fn jobs(conn: &sea_orm::DatabaseConnection) -> Vec<crate::queue::Work> {
    let sql = sea_orm::Statement::from_string(conn.get_database_backend(), "SELECT payload FROM job ORDER BY id");
    let rows = conn.query_all_raw(sql).await.unwrap();
    let payload = |row: &sea_orm::QueryResult| row.try_get::<serde_json::Value>("", "payload").unwrap();
    rows.iter().map(|row| serde_json::from_value(payload(row)).unwrap()).collect()
}

/// Puts a dead or parked job back to work as somebody at the command line does; `false` when it is neither.
///
/// # Panics
/// When the database does not answer.
pub async fn put_back(db: &Db, id: uuid::Uuid) -> bool {
    use crate::queue::{By, NotDone, act};
    use domain::ops::{JobAct, JobState};
    let staff = crate::store::staff::Staff::at_the_console();
    let by = By { staff: &staff, reason: "a test", request_id: None, now: db.now().await.unwrap() };
    let bus = crate::Bus::new(None);
    match act(db, &bus, id, JobAct::Retry, by).await.unwrap() {
        Ok(_) => true,
        Err(NotDone::Job(JobState::Parked)) => act(db, &bus, id, JobAct::Resume, by).await.unwrap().is_ok(),
        Err(_) => false,
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Makes of `async fn name(store: TestStore)` two tests: `on_sqlite::name` and `on_postgres::name`.
#[macro_export]
macro_rules! on_both_stores {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::testing::TestStore::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::testing::TestStore::postgres().await).await;
            })+
        }
    };
}

/// Every row of every table as text, with the name of its table: what a search for personal data goes through.
///
/// # Panics
/// When the database does not answer.
pub async fn dump(conn: &sea_orm::DatabaseConnection) -> Vec<(String, String)> {
    use sea_orm::{DbBackend, Statement};
    let backend = conn.get_database_backend();
    let all = async |sql: String| conn.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    let tables = match backend {
        DbBackend::Postgres => "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    let mut rows = Vec::new();
    for table in all(tables.to_owned()).await {
        let table: String = table.try_get("", "name").unwrap();
        let text = if backend == DbBackend::Postgres {
            "row_to_json(t)::text".to_owned()
        } else {
            let columns = all(format!("SELECT name FROM pragma_table_info('{table}')")).await;
            let column = |row: &sea_orm::QueryResult| {
                let name: String = row.try_get("", "name").unwrap();
                format!(
                    "'{name}=' || coalesce(CASE typeof(\"{name}\") WHEN 'blob' THEN hex(\"{name}\") ELSE \"{name}\" END, '')"
                )
            };
            columns.iter().map(column).collect::<Vec<_>>().join(" || ' ' || ")
        };
        for row in all(format!("SELECT {text} AS row FROM \"{table}\" t")).await {
            rows.push((table.clone(), row.try_get("", "row").unwrap()));
        }
    }
    rows
}
