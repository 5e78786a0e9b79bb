//! The log alone gives the tables back; a change made past it is found; an older database begins its log with a snapshot.

use crate::store::{begin, insert, order, person};
use domain::orders::Stage;
use domain::orders::fulfilment::{PlannedStep, Step, StepState, plan};
use platform::store::history::{begin_anew, differences, from_log, from_tables};
use platform::store::orders::Fact;
use platform::store::runs::{self, StepRecord};
use platform::store::{drift, orders};
use platform::testing::TestStore;
use platform::{Bus, Owner, on_both_stores};
use sea_orm::{ConnectionTrait as _, Statement};
use sea_orm_migration::MigratorTrait as _;
use serde_json::json;

on_both_stores!(
    the_log_gives_the_tables_back,
    a_change_past_the_log_is_found,
    an_older_database_begins_with_a_snapshot,
    changes_of_an_older_release_get_a_snapshot_and_those_by_hand_do_not,
    a_difference_is_kept_once_and_goes_when_it_is_gone,
);

/// An order with a run that was refused, taken up again and rejected.
async fn busy_order(store: &TestStore) -> orders::Order {
    let (_, mika) = person(&store.db, "mika@example.com").await.unwrap();
    let order = order(mika, "00000001");
    insert(&store.db, &order).await;
    let bus = Bus::new(None);
    let steps = plan(&order.content.kinds());
    let mut change = begin(&store.db).await;
    let approved = Fact::new("order_approved");
    orders::move_to(&mut change, &order, Stage::Provisioning, Some(crate::store::NOW), approved).await.unwrap();
    runs::open(&mut change, &order, &steps).await.unwrap();
    change.commit(&bus).await.unwrap();
    let add = PlannedStep { step: Step::AddBillingOrder, item: 0 };
    let mut change = begin(&store.db).await;
    let (announced, settled) = (change.now(), change.now().plus_seconds(120));
    runs::record_intent(&mut change, &order, add, 1, announced, settled).await.unwrap();
    let refused = StepRecord { state: StepState::Refused, result: None, error: Some("x".to_owned()) };
    runs::record(&mut change, &order, add, 1, refused).await.unwrap();
    runs::set_run_state(&mut change, &order, "needs_attention").await.unwrap();
    runs::reopen(&mut change, &order).await.unwrap();
    let done = StepRecord { state: StepState::Done, result: Some(json!({ "whmcs_order_id": 1 })), error: None };
    runs::record(&mut change, &order, add, 2, done).await.unwrap();
    change.commit(&bus).await.unwrap();
    let now = orders::find(store.db.conn(), Owner::for_system(mika), order.id).await.unwrap().unwrap();
    let mut change = begin(&store.db).await;
    orders::move_to(&mut change, &now, Stage::Rejected, None, Fact::new("order_rolled_back")).await.unwrap();
    change.commit(&bus).await.unwrap();
    now
}

async fn the_log_gives_the_tables_back(store: TestStore) {
    let order = busy_order(&store).await;
    let conn = store.db.conn();
    let standing = from_log(conn, order.id).await.unwrap().unwrap();
    assert_eq!(Some(&standing), from_tables(conn, order.id).await.unwrap().as_ref());
    assert_eq!((&standing["stage"], &standing["version"]), (&json!("rejected"), &json!(10)));
    assert_eq!(standing["steps"]["add_billing_order/0"]["state"], "done");
    assert_eq!(standing["steps"]["add_billing_order/0"].get("error"), None);
    assert!(differences(conn).await.unwrap().is_empty());
}

async fn a_change_past_the_log_is_found(store: TestStore) {
    let order = busy_order(&store).await;
    let conn = store.db.conn();
    conn.execute_unprepared("UPDATE run_step SET state = 'todo' WHERE name = 'add_billing_order'").await.unwrap();
    let found = differences(conn).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].order, order.id);
    conn.execute_unprepared("UPDATE run_step SET state = 'done' WHERE name = 'add_billing_order'").await.unwrap();
    assert!(differences(conn).await.unwrap().is_empty());
    conn.execute_unprepared("DELETE FROM domain_event WHERE version = 4").await.unwrap();
    assert_eq!(differences(conn).await.unwrap().len(), 1, "a missing fact is a difference too");
}

const KINDS: &str = "SELECT kind FROM domain_event WHERE version IS NOT NULL";

async fn an_older_database_begins_with_a_snapshot(store: TestStore) {
    let order = busy_order(&store).await;
    let conn = store.db.conn();
    let before = from_tables(conn, order.id).await.unwrap();
    // Back to before the complete log, and up again.
    let all = migrations::Migrator::migrations();
    let kept = all.iter().position(|migration| migration.name().ends_with("_history")).unwrap();
    migrations::Migrator::down(conn, Some(u32::try_from(all.len() - kept).unwrap())).await.unwrap();
    conn.execute_unprepared("SELECT after FROM domain_event").await.expect_err("not yet in the log");
    migrations::apply(conn).await.unwrap();
    let kinds = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), KINDS)).await.unwrap();
    let kinds: Vec<String> = kinds.iter().map(|row| row.try_get("", "kind").unwrap()).collect();
    assert_eq!(kinds, ["order_snapshot"], "what was known before has no version");
    assert_eq!(from_log(conn, order.id).await.unwrap(), before);
    assert!(differences(conn).await.unwrap().is_empty());
}

async fn changes_of_an_older_release_get_a_snapshot_and_those_by_hand_do_not(store: TestStore) {
    let order = busy_order(&store).await;
    let conn = store.db.conn();
    let at = crate::store::NOW.plus_seconds(60);
    assert_eq!(begin_anew(&store.db, at).await.unwrap(), 0, "nothing is missing");
    conn.execute_unprepared("UPDATE run_step SET state = 'todo' WHERE name = 'add_billing_order'").await.unwrap();
    assert_eq!(begin_anew(&store.db, at).await.unwrap(), 0, "by hand, past the version");
    assert_eq!(differences(conn).await.unwrap().len(), 1);
    // As a release does that knows of versions, but not of facts.
    conn.execute_unprepared("UPDATE customer_order SET version = version + 1").await.unwrap();
    assert_eq!(begin_anew(&store.db, at).await.unwrap(), 1);
    assert!(differences(conn).await.unwrap().is_empty());
    let standing = from_log(conn, order.id).await.unwrap().unwrap();
    assert_eq!((&standing["version"], &standing["updated_at"]), (&json!(12), &json!(at.millis())));
    assert_eq!(standing["steps"]["add_billing_order/0"]["state"], "todo");
    assert_eq!(begin_anew(&store.db, at).await.unwrap(), 0, "once");
    // Placed by the older release, carried out by this one.
    conn.execute_unprepared("DELETE FROM domain_event WHERE version = 1 OR version = 12").await.unwrap();
    conn.execute_unprepared("UPDATE customer_order SET version = 11").await.unwrap();
    assert_eq!(differences(conn).await.unwrap().len(), 1);
    assert_eq!(begin_anew(&store.db, at).await.unwrap(), 1);
    assert!(differences(conn).await.unwrap().is_empty());
    // Further changes go on from there, and a missing one is found as ever.
    let now = orders::find(conn, Owner::for_system(order.customer_id), order.id).await.unwrap().unwrap();
    let mut change = begin(&store.db).await;
    orders::move_to(&mut change, &now, Stage::NeedsAttention, None, Fact::new("order_needs_attention")).await.unwrap();
    change.commit(&Bus::new(None)).await.unwrap();
    assert!(differences(conn).await.unwrap().is_empty());
}

async fn a_difference_is_kept_once_and_goes_when_it_is_gone(store: TestStore) {
    use drift::{DriftKind, list, record, resolve_unseen};
    let conn = store.db.conn();
    let at = crate::store::NOW;
    let see = async |at| record(conn, DriftKind::UnknownToCrm, "801A", json!({ "number": "1" }), at).await.unwrap();
    assert!(see(at).await);
    assert!(!see(at.plus_seconds(300)).await, "known");
    assert_eq!(resolve_unseen(conn, DriftKind::UnknownToCrm, at.plus_seconds(300)).await.unwrap(), 0, "seen just then");
    let open = list(conn, true, 10).await.unwrap();
    assert_eq!((open.len(), open[0].first_seen, open[0].last_seen), (1, at, at.plus_seconds(300)));
    assert_eq!(resolve_unseen(conn, DriftKind::MissedApproval, at.plus_seconds(900)).await.unwrap(), 0, "another kind");
    assert_eq!(resolve_unseen(conn, DriftKind::UnknownToCrm, at.plus_seconds(600)).await.unwrap(), 1);
    assert!(list(conn, true, 10).await.unwrap().is_empty());
    assert_eq!(list(conn, false, 10).await.unwrap()[0].resolved_at, Some(at.plus_seconds(600)));
    assert!(see(at.plus_seconds(900)).await, "back again is new");
    assert_eq!(list(conn, true, 10).await.unwrap()[0].first_seen, at.plus_seconds(900));
}
