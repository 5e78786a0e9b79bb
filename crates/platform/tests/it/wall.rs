//! The wall between customers: on PostgreSQL a query without its condition finds nothing of others, whoever wrote it.

use crate::store::{NOW, order, person};
use domain::{CustomerId, SessionId, UserId};
use migrations::wall::{self, Reach};
use migrations::{Migrator, apply, apply_of};
use platform::clock::{new_id, random_id};
use platform::store::idempotency::{self, Reservation};
use platform::store::orders::Order;
use platform::store::sessions::{self, Session};
use platform::store::{CustomerDb, orders, runs};
use platform::testing::TestStore;
use platform::{Bus, Cause, Change, Db, Member, Owner};
use sea_orm::{ConnectionTrait, Database, Statement};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// A customer with something in every table that customers can reach.
struct Someone {
    member: Member,
    order: Order,
}

async fn someone(db: &Db, name: &str) -> Someone {
    let (user, customer) = person(db, &format!("{name}@example.com")).await.unwrap();
    let order = order(customer, name);
    let member = Member::authenticated(user, customer);
    let mut change = Change::begin(db, cause(user)).await.unwrap();
    orders::insert(&mut change, &order).await.unwrap();
    let plan = domain::orders::fulfilment::plan(&order.content.kinds());
    runs::open(&mut change, &order, &plan).await.unwrap();
    change.commit(&Bus::new(None)).await.unwrap();
    let session = Session {
        id: SessionId(random_id()),
        user_id: user,
        customer_id: Some(customer),
        device: None,
        address: None,
        last_used_at: NOW,
        generation: 0,
        token_hash: vec![1; 32],
        previous_hash: None,
        rotated_at: NOW,
        created_at: NOW,
        expires_at: NOW.plus_seconds(60),
        ended_at: None,
        verified_at: None,
        end_reason: None,
    };
    sessions::insert(db.conn(), &session).await.unwrap();
    sessions::insert_ticket(db.conn(), random_id().as_bytes(), session.id, member.owner(), NOW.plus_seconds(30))
        .await
        .unwrap();
    let request = Reservation { member, key: "k", path: "/api/orders", body_hash: b"x", order_id: order.id };
    idempotency::reserve(db.conn(), &request, NOW.plus_seconds(30), NOW).await.unwrap();
    Someone { member, order }
}

const fn cause(user: UserId) -> Cause {
    Cause { person: Some(user), request_id: None, now: NOW }
}

async fn count<C: ConnectionTrait>(conn: &C, sql: &str) -> i64 {
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

/// The tables whose rows customers can see.
fn readable() -> impl Iterator<Item = &'static str> {
    let seen = |(table, reach): &(&'static str, Reach)| match reach {
        Reach::Rows { grants, .. } if grants.contains("SELECT") => Some(*table),
        _ => None,
    };
    wall::TABLES.iter().filter_map(seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_forgets_its_condition_sees_nothing_of_others_on_postgres() {
    let store = TestStore::postgres().await;
    let (mika, ken) = (someone(&store.db, "mika").await, someone(&store.db, "ken").await);
    let (stranger, nobody) = (UserId(new_id()), CustomerId(new_id()));
    for table in readable() {
        let forgotten = format!("SELECT count(*) AS n FROM {table}");
        let all = count(store.db.conn(), &forgotten).await;
        let [hers, his] =
            [count(&store.db.of(mika.member), &forgotten).await, count(&store.db.of(ken.member), &forgotten).await];
        assert!(hers > 0 && his > 0, "{table}: one's own rows are seen");
        assert_eq!(hers + his, all, "{table}: and no row by two");
        let of_nobody = store.db.of(Member::authenticated(stranger, nobody));
        assert_eq!(count(&of_nobody, &forgotten).await, 0, "{table}");
    }
    // The store's own functions as well, asked with the wrong owner's name.
    let db = store.db.of(mika.member);
    assert!(orders::find(&db, ken.member.owner(), ken.order.id).await.unwrap().is_none());
    assert_eq!(orders::list(&db, ken.member.owner(), 1, 20).await.unwrap().total, 0);
    assert!(runs::of_order(&db, ken.member.owner(), ken.order.id).await.unwrap().is_empty());
    assert!(!runs::of_order(&db, mika.member.owner(), mika.order.id).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_for_others_on_postgres() {
    let store = TestStore::postgres().await;
    let (mika, ken) = (someone(&store.db, "mika").await, someone(&store.db, "ken").await);
    let db = store.db.of(mika.member);
    let others = [
        "UPDATE customer SET salesforce_account_id = 'x'".to_owned(),
        "UPDATE idempotency_request SET body = 'x'".to_owned(),
        "DELETE FROM idempotency_request".to_owned(),
    ];
    for sql in others {
        let done = db.execute_unprepared(&sql).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}: hers alone");
    }
    assert_eq!(count(store.db.conn(), "SELECT count(*) AS n FROM idempotency_request").await, 1);
    let for_ken = order(ken.member.owner().customer_id(), "not-his");
    let mut change = Change::begin_of(&db, cause(mika.member.person_id())).await.unwrap();
    let refused = orders::insert(&mut change, &for_ken).await.unwrap_err();
    drop(change);
    assert!(format!("{refused:?}").contains("row-level security"), "{refused:?}");
    // What no request of a customer does at all.
    for sql in [
        "SELECT password_hash FROM person",
        "SELECT token_hash FROM session",
        "SELECT hash FROM live_ticket",
        "SELECT payload FROM job",
        "SELECT * FROM port_in",
        "SELECT * FROM staff",
        "UPDATE customer_order SET stage = 'active'",
        "UPDATE customer SET number = 'C-1'",
        "DELETE FROM domain_event",
        "UPDATE membership SET role = 'owner'",
        "CREATE TABLE t (i int)",
    ] {
        let refused = db.execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
    }
    let mut change = Change::begin_of(&db, cause(mika.member.person_id())).await.unwrap();
    orders::insert(&mut change, &order(mika.member.owner().customer_id(), "hers")).await.unwrap();
    let work = platform::queue::Work::Provision { salesforce_order_id: "801000000000001AAA".into() };
    assert!(change.enqueue(work.clone()).await.unwrap());
    assert!(!change.enqueue(work).await.unwrap(), "the subject has its job");
    change.commit(&Bus::new(None)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_lent_to_one_customer_at_a_time_on_postgres() {
    let store = TestStore::postgres().await;
    let db = Db::connect(&store.url, 3).await.unwrap();
    let (mika, ken) = (someone(&db, "mika").await, someone(&db, "ken").await);
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..16 {
        let one = if n % 2 == 0 { &mika } else { &ken };
        let (db, own): (CustomerDb, _) = (db.of(one.member), one.member.owner().customer_id());
        asking.spawn(async move {
            for round in 0..40 {
                let sql = format!("SELECT count(*) AS n FROM customer_order WHERE customer_id <> '{own}'");
                assert_eq!(count(&db, &sql).await, 0);
                assert_eq!(count(&db, "SELECT count(*) AS n FROM customer_order").await, 1);
                if round % 8 == 0 {
                    // Dropped without an end, in the middle of a customer's work.
                    let tx = db.begin().await.unwrap();
                    assert_eq!(count(&tx, "SELECT count(*) AS n FROM customer_order").await, 1);
                }
            }
        });
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap();
    }
}

/// The columns that tie a row to somebody.
const TIES: &str = "'customer_id', 'person_id', 'order_id', 'session_id', 'user_id', 'owner_id'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_says_what_customers_may_reach_on_postgres() {
    let store = TestStore::postgres().await;
    let sql = format!(
        "SELECT c.relname AS name, c.relrowsecurity AS secured,
                EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ({TIES}))
                OR c.relname IN ('customer', 'person')
                OR EXISTS (SELECT 1 FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid
                           WHERE k.conrelid = c.oid AND t.relname IN ('customer', 'person', 'customer_order', 'session'))
                AS tied,
                EXISTS (SELECT 1 FROM information_schema.role_table_grants g
                        WHERE g.table_name = c.relname AND g.grantee IN ('{role}', 'PUBLIC'))
                OR EXISTS (SELECT 1 FROM information_schema.role_column_grants g
                        WHERE g.table_name = c.relname AND g.grantee IN ('{role}', 'PUBLIC')) AS granted
         FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace",
        role = wall::ROLE
    );
    let conn = store.db.conn();
    let tables = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    assert!(tables.len() > 15);
    for row in tables {
        let name: String = row.try_get("", "name").unwrap();
        let of = |column: &str| row.try_get::<bool>("", column).unwrap();
        let Some((_, reach)) = wall::TABLES.iter().find(|(table, _)| *table == name) else {
            panic!(
                "table {name} is not listed in migrations/src/wall.rs: say there what customers' requests may do with it"
            );
        };
        match reach {
            Reach::Ours => assert!(!of("tied"), "{name} holds what belongs to somebody and is listed as ours"),
            Reach::Closed | Reach::Rows { .. } | Reach::Add { .. } => assert!(of("secured"), "{name} has no policies"),
        }
        let open = matches!(reach, Reach::Rows { .. } | Reach::Add { .. });
        assert_eq!(of("granted"), open, "{name}: what the role was granted is not what the list says");
    }
    // Both ways: a row for a table that is gone is a mistake as well.
    for (table, _) in wall::TABLES {
        count(conn, &format!("SELECT count(*) AS n FROM {table}")).await;
    }
    // A table that nobody listed is out of reach, whatever it holds.
    conn.execute_unprepared("CREATE TABLE forgotten (customer_id uuid)").await.unwrap();
    let mika = someone(&store.db, "mika").await;
    let refused = store.db.of(mika.member).execute_unprepared("SELECT * FROM forgotten").await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
}

const WALL: &str = "m20261124_000017_wall";

/// A database that has everything but the wall.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Migrator::migrations().into_iter().filter(|m| m.name() != WALL).collect()
    }
}

/// A server's user who may do nothing but own a database, and that database.
async fn plain_user() -> (url::Url, sea_orm::DatabaseConnection) {
    let admin = std::env::var("TEST_DATABASE_URL").unwrap();
    let server = Database::connect(&admin).await.unwrap();
    let name = format!("plain_{}", random_id().simple());
    server.execute_unprepared(&format!("CREATE ROLE {name} LOGIN PASSWORD 'plain'")).await.unwrap();
    server.execute_unprepared(&format!("CREATE DATABASE {name} OWNER {name}")).await.unwrap();
    let mut url = url::Url::parse(&admin).unwrap();
    url.set_path(&name);
    url.set_username(&name).unwrap();
    url.set_password(Some("plain")).unwrap();
    (url, server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_an_older_release_gets_the_wall_and_locks_nobody_out_on_postgres() {
    // Other tests make the role; this one asks for it when none is there yet.
    drop(TestStore::postgres().await);
    let (url, server) = plain_user().await;
    let user = url.username().to_owned();
    let db = Db::connect(&url, 4).await.unwrap();
    apply_of::<Before>(db.conn()).await.unwrap();
    let before = someone(&db, "before").await;

    // The user may not make roles: the message says what somebody else has to run.
    let refused = apply(db.conn()).await.unwrap_err().to_string();
    for words in [&format!("GRANT {} TO {user}", wall::ROLE), "CREATE ROLE", "administrator"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert!(wall::require(db.conn()).await.is_err());
    someone(&db, "meanwhile").await;

    server.execute_unprepared(&format!("GRANT {} TO {user}", wall::ROLE)).await.unwrap();
    apply(db.conn()).await.unwrap();
    apply(db.conn()).await.unwrap();
    wall::require(db.conn()).await.unwrap();
    db.conn().execute_unprepared("ALTER TABLE run DISABLE ROW LEVEL SECURITY").await.unwrap();
    let gap = wall::require(db.conn()).await.unwrap_err().to_string();
    assert!(gap.contains("(run)") && gap.contains("portal migrate"), "{gap}");
    apply(db.conn()).await.unwrap();
    wall::require(db.conn()).await.unwrap();
    // A process of the older release works as the owner of the tables: it reads and writes as before.
    let after = someone(&db, "after").await;
    assert_eq!(count(db.conn(), "SELECT count(*) AS n FROM customer_order").await, 3);
    for one in [&before, &after] {
        assert_eq!(count(&db.of(one.member), "SELECT count(*) AS n FROM customer_order").await, 1);
        let own = orders::find(&db.of(one.member), one.member.owner(), one.order.id).await.unwrap().unwrap();
        assert_eq!(own.id, one.order.id);
    }

    let with_the_wall = Migrator::migrations().iter().skip_while(|m| m.name() != WALL).count();
    Migrator::down(db.conn(), Some(u32::try_from(with_the_wall).unwrap())).await.unwrap();
    assert!(db.of(before.member).execute_unprepared("SELECT * FROM customer_order").await.is_err());
    assert_eq!(count(db.conn(), "SELECT count(*) AS n FROM customer_order").await, 3);
    apply(db.conn()).await.unwrap();
    assert_eq!(count(&db.of(before.member), "SELECT count(*) AS n FROM customer_order").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_the_conditions_are_the_only_line() {
    let store = TestStore::sqlite().await;
    let (mika, ken) = (someone(&store.db, "mika").await, someone(&store.db, "ken").await);
    let db = store.db.of(mika.member);
    assert!(orders::find(&db, mika.member.owner(), ken.order.id).await.unwrap().is_none());
    assert_eq!(orders::find(&db, mika.member.owner(), mika.order.id).await.unwrap().unwrap().id, mika.order.id);
    assert_eq!(orders::list(&db, mika.member.owner(), 1, 20).await.unwrap().total, 1);
    assert!(runs::of_order(&db, Owner::for_system(mika.order.customer_id), ken.order.id).await.unwrap().is_empty());
}
