//! A rolling upgrade: processes of two releases at one database, over a migration, and processes that are killed all the
//! time. Customers order on; nobody waits longer than a second for a lock.
//!
//! The short form applies a migration of a release to come, as today's release must be able to outlive it. The long form
//! takes an executable of an older release (`TORTURE_OLD_PORTAL`) and replaces it by today's.

use crate::crash_points::stock;
use crate::customer::{Customer, Wish};
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, Sums, all_ended, approve_all, judge};
use crate::process::Process;
use platform::testing::TestStore;
use sea_orm::{ConnectionTrait as _, Database, Statement, TransactionTrait as _};
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Today's migrations and one that only adds, as the next release may.
struct NextRelease;

struct Addition;

impl MigrationName for Addition {
    fn name(&self) -> &str {
        "m20991231_000001_addition"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Addition {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add =
            ["ALTER TABLE customer_order ADD COLUMN addition text", "CREATE TABLE addition (id bigint PRIMARY KEY)"];
        migrations::table::run(manager, &add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let back = ["DROP TABLE addition", "ALTER TABLE customer_order DROP COLUMN addition"];
        migrations::table::run(manager, &back).await
    }
}

#[async_trait::async_trait]
impl MigratorTrait for NextRelease {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = migrations::Migrator::migrations();
        all.push(Box::new(Addition));
        all
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn todays_processes_outlive_the_next_migration_on_postgres() {
    let fleet = Fleet::new(SetUp::Separate, Patience::default()).await;
    stock(&fleet, 1_000).await;
    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    let mut processes = vec![api, fleet.start_worker(&[]), fleet.start_worker(&[])];
    let traffic = Traffic::start(&fleet).await;
    let waits = LockWaits::watch(&fleet);
    storm(&fleet, &mut processes, 2).await;

    // Somebody reads for two seconds; whoever waits for the table meanwhile makes everybody wait behind.
    let reader = Database::connect(fleet.store.url.as_str()).await.unwrap().begin().await.unwrap();
    reader.execute_unprepared("SELECT count(*) FROM customer_order").await.unwrap();
    let begun = Instant::now();
    let url = fleet.store.url.clone();
    let applying = tokio::spawn(async move {
        let db = Database::connect(url.as_str()).await.unwrap();
        migrations::apply_of::<NextRelease>(&db).await
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    reader.rollback().await.unwrap();
    applying.await.unwrap().unwrap();
    let took = begun.elapsed();

    // All of them start again, and are ready, on a schema that they do not know.
    storm(&fleet, &mut processes, 4).await;
    let ready = reqwest::Client::builder().no_proxy().build().unwrap();
    let ready = ready.get(format!("{}/health/ready", fleet.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200, "{}", ready.text().await.unwrap());
    let orders = traffic.end(&fleet).await;
    let (longest, _) = waits.end().await;
    let sums = judge(&fleet, &orders).await;
    crate::say(&format!(
        "next migration applied in {} ms beside a reader of 2 s, 6 kills; longest wait for a lock {} ms; {sums}",
        took.as_millis(),
        longest.as_millis()
    ));
    assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
    assert!(longest < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the executable of an older release (TORTURE_OLD_PORTAL), which scripts/torture builds"]
async fn an_older_release_is_replaced_on_postgres() {
    let older = PathBuf::from(std::env::var_os("TORTURE_OLD_PORTAL").expect("scripts/torture names it"));
    let store = TestStore::postgres().await;
    // The schema that the older release ends with.
    let all = migrations::Migrator::migrations();
    let newer = all.iter().filter(|migration| migration.name() > "m20261123_000003_work").count();
    migrations::Migrator::down(store.db.conn(), Some(u32::try_from(newer).unwrap())).await.unwrap();
    let fleet = Fleet::on(store, SetUp::Separate, Patience::default(), &[]).await;
    stock(&fleet, 2_000).await;
    let api = fleet.start_older(&older, "bff");
    fleet.answers(&api).await;
    let mut processes = vec![api, fleet.start_older(&older, "worker"), fleet.start_older(&older, "worker")];
    let traffic = Traffic::start(&fleet).await;
    let waits = LockWaits::watch(&fleet);
    for _ in 0..3 {
        let victim = 1 + usize::from(processes.len() % 2 == 0);
        processes.remove(victim).kill();
        processes.insert(victim, fleet.start_older(&older, "worker"));
        tokio::time::sleep(Duration::from_millis(700)).await;
    }

    let begun = Instant::now();
    let (code, text) = fleet.migrate().await;
    assert_eq!(code, Some(0), "{text}");
    let took = begun.elapsed();
    // Both releases at work: the older API takes orders, workers of both carry them out.
    processes.push(fleet.start_worker(&[]));
    tokio::time::sleep(Duration::from_secs(3)).await;
    for victim in [1, 1] {
        processes.remove(victim).kill();
        processes.push(fleet.start_worker(&[]));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    processes.remove(0).kill();
    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    processes.insert(0, api);
    storm(&fleet, &mut processes, 4).await;
    let orders = traffic.end(&fleet).await;
    let (longest, samples) = waits.end().await;
    // Nothing of the older release runs any more.
    let (code, text) = fleet.migrate().await;
    assert_eq!(code, Some(0), "{text}");
    let sums = judge(&fleet, &orders).await;
    crate::say(&format!(
        "rolling upgrade: migrated in {} ms, 10 kills; longest wait for a lock {} ms in {samples} looks; {}; {sums}",
        took.as_millis(),
        longest.as_millis(),
        text.lines().find(|line| line.contains("anew")).unwrap_or("no log begun anew")
    ));
    assert_eq!(sums, Sums { asked: orders.len(), made: orders.len(), ..Sums::default() });
    assert!(longest < Duration::from_secs(1));
}

/// Kills one after the other and starts today's in its place.
async fn storm(fleet: &Fleet, processes: &mut Vec<Process>, kills: usize) {
    for kill in 0..kills {
        let victim = kill % processes.len();
        processes.remove(victim).kill();
        let new = if victim == 0 { fleet.start_api(&[]) } else { fleet.start_worker(&[]) };
        if victim == 0 {
            fleet.answers(&new).await;
        }
        processes.insert(victim, new);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

/// Customers who order, and agents who approve.
struct Traffic {
    stop: CancellationToken,
    ordering: JoinSet<Vec<Acknowledged>>,
}

impl Traffic {
    async fn start(fleet: &Fleet) -> Self {
        let (stop, mut ordering) = (CancellationToken::new(), JoinSet::new());
        for number in 0..3 {
            let (customer, stop) = (Customer::new(fleet).await, stop.clone());
            let world = fleet.sandbox.world().clone();
            ordering.spawn(async move {
                let mut placed = Vec::new();
                while !stop.is_cancelled() {
                    let wish = if placed.len() % 2 == 0 { Wish::Internet } else { Wish::Esim };
                    let key = format!("upgrade-{number}-{}", placed.len());
                    let order = customer.order(&key, &customer.order_of(&[wish])).await;
                    placed.push(Acknowledged::read(&order, usize::from(wish == Wish::Esim)));
                    approve_all(&world);
                    tokio::time::sleep(Duration::from_millis(150)).await;
                }
                placed
            });
        }
        Self { stop, ordering }
    }

    /// Orders no more, and waits until all have come to their end.
    async fn end(self, fleet: &Fleet) -> Vec<Acknowledged> {
        self.stop.cancel();
        let orders: Vec<Acknowledged> = self.ordering.join_all().await.into_iter().flatten().collect();
        let started = Instant::now();
        while !all_ended(fleet, orders.len()).await {
            approve_all(fleet.sandbox.world());
            assert!(started.elapsed() < Duration::from_secs(120), "all come to their end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        orders
    }
}

/// Looks how long anybody has been waiting for a lock. Not for that of the migrations: it is there to be waited for.
struct LockWaits {
    stop: CancellationToken,
    looking: tokio::task::JoinHandle<(Duration, usize)>,
}

impl LockWaits {
    fn watch(fleet: &Fleet) -> Self {
        let (stop, url) = (CancellationToken::new(), fleet.store.url.clone());
        let stopped = stop.clone();
        let looking = tokio::spawn(async move {
            let db = Database::connect(url.as_str()).await.unwrap();
            let sql = "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float8 AS waited
                       FROM pg_locks WHERE NOT granted AND locktype <> 'advisory'
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            let (mut longest, mut samples) = (Duration::ZERO, 0);
            while !stopped.is_cancelled() {
                let row =
                    db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
                let waited: f64 = row.try_get("", "waited").unwrap();
                longest = longest.max(Duration::from_secs_f64(waited.max(0.0)));
                samples += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (longest, samples)
        });
        Self { stop, looking }
    }

    async fn end(self) -> (Duration, usize) {
        self.stop.cancel();
        self.looking.await.unwrap()
    }
}
