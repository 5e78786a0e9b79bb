//! Migrations go up, down and up again on both databases, also from two processes at once.

use migrations::Migrator;
use platform::on_both_stores;
use platform::testing::TestStore;
use sea_orm_migration::MigratorTrait as _;

on_both_stores!(up_down_up, two_processes_may_migrate_at_once);

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
