//! Customers are opened in the other systems after their sign-up, and existing ones are found when they ask for an account.

use crate::bench::{Bench, Wish};
use domain::auth::BillingLink;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer};
use domain::orders::Stage;
use domain::{CustomerId, UserId};
use platform::Owner;
use platform::clock::{new_id, random_id};
use platform::on_both_stores;
use platform::queue::{NewJob, Work, enqueue, list};
use platform::store::accounts;
use platform::store::link_requests::{self, LinkRequest};
use platform::testing::TestStore;
use sandbox::{FaultKind, System};
use sea_orm::{ConnectionTrait as _, Statement};
use std::time::{Duration, Instant};

on_both_stores!(
    a_new_customer_is_opened_in_both_systems_once,
    an_opening_and_a_first_order_make_one_client,
    a_lost_answer_makes_no_second_client,
    somebody_elses_record_is_never_taken,
    a_broken_link_is_repaired,
    a_new_mail_address_reaches_both_systems,
    an_existing_customer_gets_a_link_and_nobody_else,
    a_customer_of_the_crm_alone_is_found_too,
    an_outage_delays_the_link,
);

/// Somebody who has just signed up: nobody else knows them.
async fn newcomer(bench: &Bench, email: &str) -> Customer {
    let text = |s: &str| Pii::new(s.to_owned());
    let customer = Customer {
        id: CustomerId(new_id()),
        number: accounts::next_customer_number(bench.db().conn()).await.unwrap(),
        family_name: text("Tanaka"),
        given_name: text("Yui"),
        email: text(email),
        phone: text("0300000000"),
        address: Address {
            postcode: text("100-0001"),
            prefecture: text("Tokyo"),
            city: text("Chiyoda"),
            line1: text("1-1-1"),
            line2: text(""),
        },
        salesforce_account_id: None,
        whmcs_client_id: None,
    };
    let now = bench.state.clock.now();
    accounts::insert_owner(bench.db().conn(), UserId(new_id()), &customer, "hash", Language::En, now).await.unwrap();
    customer
}

fn fresh() -> String {
    format!("yui-{}@example.com", random_id().simple())
}

async fn put(bench: &Bench, work: Work) {
    enqueue(bench.db().conn(), NewJob { work, request_id: None }).await.unwrap();
    bench.state.wake.now();
}

async fn open(bench: &Bench, customer: &Customer) {
    put(bench, Work::OpenCustomer { customer_id: customer.id, round: random_id() }).await;
}

/// Waits until no job is left, and fails when one stopped for a person.
async fn done(bench: &Bench) {
    let started = Instant::now();
    loop {
        let jobs = list(bench.db(), None, 10).await.unwrap();
        if jobs.is_empty() {
            return;
        }
        assert!(jobs.iter().all(|job| job.state != "dead" && job.state != "parked"), "{jobs:?}");
        assert!(started.elapsed() < Duration::from_secs(60), "{jobs:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn row(bench: &Bench, customer: &Customer) -> Customer {
    accounts::customer(bench.db().conn(), Owner::for_system(customer.id)).await.unwrap().unwrap()
}

async fn link(bench: &Bench, customer: &Customer) -> BillingLink {
    accounts::billing_link_of(bench.db().conn(), customer.id).await.unwrap()
}

fn clients_at(bench: &Bench, email: &str) -> usize {
    let clients = bench.sandbox.world().dump()["whmcs"]["clients"].clone();
    clients.as_array().unwrap().iter().filter(|client| client["email"] == email).count()
}

fn contacts_at(bench: &Bench, email: &str) -> usize {
    let dump = bench.sandbox.world().dump().to_string();
    dump.matches(&format!("\"Email\":\"{email}\"")).count()
}

async fn a_new_customer_is_opened_in_both_systems_once(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let customer = newcomer(&bench, &fresh()).await;
    for _ in 0..3 {
        open(&bench, &customer).await;
    }
    done(&bench).await;
    let opened = row(&bench, &customer).await;
    assert!(opened.salesforce_account_id.is_some() && opened.whmcs_client_id.is_some(), "{opened:?}");
    assert_eq!(link(&bench, &customer).await, BillingLink::Linked);
    let email = customer.email.reveal();
    assert_eq!((clients_at(&bench, email), contacts_at(&bench, email)), (1, 1));
    let number = bench.state.whmcs.client_number(opened.whmcs_client_id.unwrap()).await.unwrap();
    assert_eq!(number.as_deref(), Some(customer.number.as_str()));
    stop.cancel();
    worker.await.unwrap();
}

async fn an_opening_and_a_first_order_make_one_client(store: TestStore) {
    let bench = Bench::start(store).await;
    for _ in 0..3 {
        let customer = bench.customer().await;
        let order = bench.place(&customer, &[Wish::Internet]).await;
        let (stop, worker) = bench.worker().await;
        open(&bench, &customer).await;
        bench.approve(&order);
        assert_eq!(bench.settled(&order).await, Stage::Active);
        done(&bench).await;
        assert_eq!(clients_at(&bench, customer.email.reveal()), 1);
        stop.cancel();
        worker.await.unwrap();
    }
}

async fn a_lost_answer_makes_no_second_client(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = newcomer(&bench, &fresh()).await;
    bench.fault(System::Whmcs, "AddClient", FaultKind::DropAfterCommit, 1);
    let (stop, worker) = bench.worker().await;
    open(&bench, &customer).await;
    done(&bench).await;
    assert_eq!((clients_at(&bench, customer.email.reveal()), link(&bench, &customer).await), (1, BillingLink::Linked));
    stop.cancel();
    worker.await.unwrap();
}

async fn somebody_elses_record_is_never_taken(store: TestStore) {
    let bench = Bench::start(store).await;
    // The address of a seeded client, who has another customer number.
    let customer = newcomer(&bench, "kenji@example.com").await;
    let (stop, worker) = bench.worker().await;
    open(&bench, &customer).await;
    done(&bench).await;
    assert_eq!(
        (row(&bench, &customer).await.whmcs_client_id, link(&bench, &customer).await),
        (None, BillingLink::Broken)
    );
    assert_eq!(clients_at(&bench, "kenji@example.com"), 1);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_broken_link_is_repaired(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = newcomer(&bench, &fresh()).await;
    // Somebody else's client, and one that is gone.
    for client in [1, 987_654] {
        accounts::set_whmcs_client(bench.db().conn(), Owner::for_system(customer.id), client).await.unwrap();
        accounts::set_billing_link(bench.db().conn(), customer.id, BillingLink::Broken).await.unwrap();
        let (stop, worker) = bench.worker().await;
        open(&bench, &customer).await;
        done(&bench).await;
        let repaired = row(&bench, &customer).await;
        assert_eq!(link(&bench, &customer).await, BillingLink::Linked);
        assert!(repaired.whmcs_client_id.is_some_and(|now| now != client));
        stop.cancel();
        worker.await.unwrap();
    }
    assert_eq!(clients_at(&bench, customer.email.reveal()), 1, "the second repair found what the first one made");
}

async fn a_new_mail_address_reaches_both_systems(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let (old, new) = (fresh(), fresh());
    let customer = newcomer(&bench, &old).await;
    open(&bench, &customer).await;
    done(&bench).await;
    let conn = bench.db().conn();
    let user = accounts::person_with(conn, &old).await.unwrap().unwrap();
    let text = |s: &str| Pii::new(s.to_owned());
    assert_eq!(accounts::set_email(conn, user, &text(&old), &text(&new)).await.unwrap(), [customer.id]);
    open(&bench, &customer).await;
    done(&bench).await;
    let client = row(&bench, &customer).await.whmcs_client_id.unwrap();
    assert_eq!(bench.state.whmcs.client_record(client).await.unwrap().email.reveal(), &new);
    assert_eq!((contacts_at(&bench, &old), contacts_at(&bench, &new)), (0, 1));
    stop.cancel();
    worker.await.unwrap();
}

async fn ask(bench: &Bench, number: &str, email: &str) {
    let text = |s: &str| Pii::new(s.to_owned());
    let asked = LinkRequest { customer_number: text(number), email: text(email), language: Language::Ja };
    let request_id = link_requests::insert(bench.db().conn(), &asked, bench.state.clock.now()).await.unwrap();
    put(bench, Work::LinkCustomer { request_id }).await;
}

fn subjects(bench: &Bench, to: &str) -> Vec<String> {
    let mails = bench.sandbox.world().outbox();
    mails.into_iter().filter(|mail| mail.to == to && mail.from != "WHMCS").map(|mail| mail.subject).collect()
}

async fn count(bench: &Bench, table: &str) -> i64 {
    let conn = bench.db().conn();
    let sql = Statement::from_string(conn.get_database_backend(), format!("SELECT count(*) AS n FROM {table}"));
    conn.query_one_raw(sql).await.unwrap().unwrap().try_get("", "n").unwrap()
}

async fn an_existing_customer_gets_a_link_and_nobody_else(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    for (number, email) in [
        ("C-100002", "mika@example.com"),
        ("C-999999", "mika@example.com"),
        ("C-100001", "stranger@example.com"),
        ("C-100001", "mika@example.co"),
    ] {
        ask(&bench, number, email).await;
    }
    done(&bench).await;
    assert!(bench.sandbox.world().outbox().iter().all(|mail| mail.from == "WHMCS"), "nobody gets a mail");
    ask(&bench, "C-100001", "mika@example.com").await;
    done(&bench).await;
    assert_eq!(subjects(&bench, "mika@example.com"), ["ご契約のオンライン利用の設定"]);
    assert_eq!((count(&bench, "link_request").await, count(&bench, "mail_token").await), (0, 1), "nothing said stays");
    // With an account, another question is answered by a mail that says so; a guess by nothing.
    let known = newcomer(&bench, &fresh()).await;
    ask(&bench, &known.number, known.email.reveal()).await;
    ask(&bench, &known.number, "stranger@example.com").await;
    done(&bench).await;
    assert_eq!(subjects(&bench, known.email.reveal()), ["すでにアカウントをお持ちです"]);
    assert!(subjects(&bench, "stranger@example.com").is_empty());
    stop.cancel();
    worker.await.unwrap();
}

async fn a_customer_of_the_crm_alone_is_found_too(store: TestStore) {
    let bench = Bench::start(store).await;
    let text = |s: &str| Pii::new(s.to_owned());
    let email = fresh();
    let mut known = newcomer(&bench, &fresh()).await;
    known.number = "C-155555".to_owned();
    known.email = text(&email);
    bench.state.salesforce.upsert_account(&known).await.unwrap();
    let (stop, worker) = bench.worker().await;
    ask(&bench, "C-155555", "somebody@example.com").await;
    ask(&bench, "C-155555", &email).await;
    done(&bench).await;
    assert_eq!(subjects(&bench, &email).len(), 1);
    assert!(subjects(&bench, "somebody@example.com").is_empty());
    stop.cancel();
    worker.await.unwrap();
}

async fn an_outage_delays_the_link(store: TestStore) {
    let bench = Bench::start(store).await;
    bench.fault(System::Whmcs, "GetClients", FaultKind::Html503, 3);
    let (stop, worker) = bench.worker().await;
    ask(&bench, "C-100001", "mika@example.com").await;
    done(&bench).await;
    assert_eq!(subjects(&bench, "mika@example.com").len(), 1);
    stop.cancel();
    worker.await.unwrap();
}
