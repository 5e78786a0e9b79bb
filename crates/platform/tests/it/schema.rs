//! Migrations go up, down and up again on both databases, also from two processes at once.

use migrations::Migrator;
use platform::on_both_stores;
use platform::testing::TestStore;
use sea_orm::{ConnectionTrait as _, Statement};
use sea_orm_migration::MigratorTrait as _;

on_both_stores!(up_down_up, two_processes_may_migrate_at_once, sessions_survive_the_way_to_staff_and_back);

async fn up_down_up(store: TestStore) {
    let conn = store.db.conn();
    assert!(migrations::is_current(conn).await.unwrap());
    Migrator::down(conn, None).await.unwrap();
    assert!(!migrations::is_current(conn).await.unwrap());
    migrations::apply(conn).await.unwrap();
    assert!(migrations::is_current(conn).await.unwrap());
}

async fn two_processes_may_migrate_at_once(store: TestStore) {
    if !store.db.is_postgres() {
        // SQLite belongs to one process; a repeat must still be harmless.
        migrations::apply(store.db.conn()).await.unwrap();
        return;
    }
    Migrator::down(store.db.conn(), None).await.unwrap();
    let other = platform::Db::connect(&store.url, 4).await.unwrap();
    let (a, b) = tokio::join!(migrations::apply(store.db.conn()), migrations::apply(other.conn()));
    a.unwrap();
    b.unwrap();
    assert!(migrations::is_current(store.db.conn()).await.unwrap());
}

/// `session` and `live_ticket` are made anew on SQLite for people without a customer account: rows must come along.
async fn sessions_survive_the_way_to_staff_and_back(store: TestStore) {
    let conn = store.db.conn();
    let names: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
    let staff = names.iter().position(|n| n == "m20261124_000004_staff").unwrap();
    let newer = u32::try_from(names.len() - staff).unwrap();
    Migrator::down(conn, Some(newer)).await.unwrap();
    let id = |n: u128| uuid::Uuid::from_u128(n);
    let run = async |sql: &str, values: Vec<sea_orm::Value>| {
        let backend = conn.get_database_backend();
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map(|done| done.rows_affected())
    };
    let person = "INSERT INTO person (id, email, password_hash, language, created_at) VALUES ($1, $2, 'x', 'en', 1)";
    run(person, vec![id(1).into(), "mika@example.com".into()]).await.unwrap();
    let customer = "INSERT INTO customer (id, number, family_name, given_name, email, phone, postcode, prefecture, city, line1, line2, created_at)
                    VALUES ($1, 'C-1', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 1)";
    run(customer, vec![id(2).into()]).await.unwrap();
    let session =
        "INSERT INTO session (id, person_id, customer_id, generation, token_hash, rotated_at, created_at, expires_at)
                   VALUES ($1, $2, $3, 4, $4, 1, 1, 9)";
    let row = |n, owner: Option<uuid::Uuid>| vec![id(n).into(), id(1).into(), owner.into(), vec![7_u8; 32].into()];
    run(session, row(3, Some(id(2)))).await.unwrap();
    assert!(run(session, row(4, None)).await.is_err(), "an account is needed before");
    let ticket = "INSERT INTO live_ticket (hash, session_id, customer_id, expires_at) VALUES ($1, $2, $3, 9)";
    run(ticket, vec![vec![1_u8].into(), id(3).into(), id(2).into()]).await.unwrap();

    migrations::apply(conn).await.unwrap();
    let kept = platform::store::sessions::find(conn, domain::SessionId(id(3))).await.unwrap().unwrap();
    assert_eq!((kept.generation, kept.customer_id, kept.token_hash.len()), (4, Some(domain::CustomerId(id(2))), 32));
    run(session, row(4, None)).await.unwrap();
    assert!(run(session, row(5, Some(id(99)))).await.is_err(), "an account that does not exist is refused still");
    assert!(
        run(ticket, vec![vec![2_u8].into(), id(98).into(), id(2).into()]).await.is_err(),
        "so is a ticket without its session"
    );

    Migrator::down(conn, Some(newer)).await.unwrap();
    assert_eq!(run("UPDATE session SET generation = 5", vec![]).await.unwrap(), 1, "only the customer's is left");
    assert!(run(session, row(6, None)).await.is_err());
    migrations::apply(conn).await.unwrap();
}
