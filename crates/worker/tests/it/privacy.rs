//! A copy of one's data, and what is left of a customer whose account was closed.

use crate::bench::{Bench, Wish};
use domain::account::copy::DataCopyState;
use domain::customer::Customer;
use domain::orders::Stage;
use domain::{Timestamp, UserId};
use platform::on_both_stores;
use platform::queue::{NewJob, Work, enqueue};
use platform::store::personal::{self, OTHERS, TABLES};
use platform::store::{accounts, orders};
use platform::testing::{TestStore, dump};
use serde_json::Value;
use std::time::Duration;

on_both_stores!(
    a_copy_holds_the_data_and_no_secret_and_is_fetched_once,
    of_a_closed_account_nothing_is_left_but_what_is_named,
    an_account_is_not_closed_while_a_service_runs,
    every_table_says_whose_its_rows_are,
);

async fn person_of(bench: &Bench, customer: &Customer) -> UserId {
    accounts::credentials(bench.db().conn(), customer.email.reveal()).await.unwrap().unwrap().user_id
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect(what);
}

async fn a_copy_holds_the_data_and_no_secret_and_is_fetched_once(store: TestStore) {
    let bench = Bench::start(store).await;
    let (customer, other) = (bench.customer().await, bench.customer().await);
    let order = bench.place(&customer, &[Wish::Esim]).await;
    bench.place(&other, &[Wish::Esim]).await;
    let person = person_of(&bench, &customer).await;
    let conn = bench.db().conn();
    let now = bench.state.clock.now();
    assert!(personal::ask_copy(conn, person, now).await.unwrap());
    assert!(!personal::ask_copy(conn, person, now).await.unwrap(), "one at a time");
    let work = Work::CopyData { person_id: person, asked_at: now };
    enqueue(conn, NewJob { work, request_id: None }).await.unwrap();
    let (stop, worker) = bench.worker().await;
    until("the copy is ready", async || {
        personal::copy_of(conn, person, bench.state.clock.now()).await.unwrap().unwrap().state == DataCopyState::Ready
    })
    .await;
    let later = now.plus_seconds(25 * 3600);
    assert!(personal::take_copy(conn, person, later).await.unwrap().is_none(), "its time is over");
    let copy = personal::take_copy(conn, person, now).await.unwrap().expect("once").into_inner();
    assert!(personal::take_copy(conn, person, now).await.unwrap().is_none(), "and not twice");
    let read: Value = serde_json::from_str(&copy).unwrap();
    assert_eq!(read["portal"]["customer"][0]["number"], customer.number);
    assert_eq!(read["portal"]["person"][0]["email"], *customer.email.reveal());
    assert_eq!(read["portal"]["customer_order"][0]["number"], order.number);
    let eid = order.content.items[0].eid.clone().unwrap();
    for (held, what) in [
        (eid.as_str(), true),
        ("Tanaka", true),
        ("hash\"", false),
        (other.email.reveal(), false),
        (&other.number, false),
    ] {
        assert_eq!(copy.contains(held), what, "{held}");
    }
    stop.cancel();
    worker.await.unwrap();
    bench.sandbox.stop().await;
}

/// Asks for the end of an account whose waiting time is over.
async fn close(bench: &Bench, customer: &Customer) {
    let asked = Timestamp(bench.state.clock.now().millis() - 1_000);
    assert!(personal::ask_closing(bench.db().conn(), customer.id, asked, asked).await.unwrap());
    let work = Work::CloseAccount { customer_id: customer.id, asked_at: asked };
    enqueue(bench.db().conn(), NewJob { work, request_id: None }).await.unwrap();
    bench.state.wake.now();
}

async fn of_a_closed_account_nothing_is_left_but_what_is_named(store: TestStore) {
    let bench = Bench::start(store).await;
    let (leaving, staying) = (bench.customer().await, bench.customer().await);
    let person = person_of(&bench, &leaving).await;
    let order = bench.place(&leaving, &[Wish::Esim]).await;
    let kept = bench.place(&staying, &[Wish::Esim]).await;
    let (stop, worker) = bench.worker().await;
    bench.sandbox.world().reject_order(&order.salesforce_order_id).unwrap();
    assert_eq!(bench.settled(&order).await, Stage::Rejected);
    let words = |customer: &Customer, order: &orders::Order| {
        [customer.email.reveal().clone(), order.content.items[0].eid.clone().unwrap()]
    };
    let found = async |words: &[String]| {
        let rows = dump(bench.db().conn()).await;
        rows.into_iter().filter(|(_, row)| words.iter().any(|word| row.contains(word.as_str()))).collect::<Vec<_>>()
    };
    assert!(found(&words(&leaving, &order)).await.len() >= 3, "the search sees what is there");
    close(&bench, &leaving).await;
    until("the account is closed", async || {
        accounts::credentials(bench.db().conn(), leaving.email.reveal()).await.unwrap().is_none()
    })
    .await;
    let left = found(&words(&leaving, &order)).await;
    assert!(left.is_empty(), "{left:?}");
    let named: Vec<_> = found(&[hex_or_text(person)]).await.into_iter().map(|(table, _)| table).collect();
    assert!(named.iter().all(|table| table == "domain_event"), "only the log names the person, by id: {named:?}");
    let rows = dump(bench.db().conn()).await;
    let customer =
        rows.iter().find(|(t, row)| t == "customer" && row.contains(&leaving.number)).expect("the number stays");
    for word in ["Tanaka", "Yui", "Chiyoda", "100-0001", "0300000000"] {
        assert!(!customer.1.contains(word), "{word} in {}", customer.1);
    }
    assert!(rows.iter().any(|(t, row)| t == "customer_order" && row.contains(&order.number)), "the order is kept");
    let told =
        rows.iter().find(|(t, row)| t == "domain_event" && row.contains("account_closed")).expect("staff are told");
    assert!(told.1.contains("strip the account") && told.1.contains(&leaving.number), "{}", told.1);
    assert!(found(&words(&staying, &kept)).await.len() >= 3, "nobody else lost anything");
    stop.cancel();
    worker.await.unwrap();
    bench.sandbox.stop().await;
}

/// An id as PostgreSQL writes it; SQLite's rows are compared without hyphens and in capitals, which never match it.
fn hex_or_text(id: UserId) -> String {
    id.0.to_string()
}

async fn an_account_is_not_closed_while_a_service_runs(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Physical]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);
    close(&bench, &customer).await;
    until("the job has looked", async || {
        dump(bench.db().conn()).await.iter().any(|(t, row)| t == "job" && row.contains("a service runs"))
    })
    .await;
    assert!(accounts::credentials(bench.db().conn(), customer.email.reveal()).await.unwrap().is_some());
    stop.cancel();
    worker.await.unwrap();
    bench.sandbox.stop().await;
}

/// A new table with rows of somebody has to say so, or nobody gets a copy of it and it outlives its person.
async fn every_table_says_whose_its_rows_are(store: TestStore) {
    use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
    let conn = store.db.conn();
    let sql = match conn.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public'"
        }
        _ => "SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'",
    };
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    let mut unknown = Vec::new();
    for row in rows {
        let (table, column): (String, String) = (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap());
        let somebodys = ["person_id", "customer_id", "order_id", "email", "phone"].contains(&column.as_str());
        let known = TABLES.iter().any(|(name, ..)| *name == table) || OTHERS.iter().any(|(name, _)| *name == table);
        if somebodys && !known {
            unknown.push(format!("{table}.{column}"));
        }
    }
    assert!(unknown.is_empty(), "not in platform::store::personal: {unknown:?}");
}
