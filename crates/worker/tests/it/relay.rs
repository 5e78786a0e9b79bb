//! News from billing reach the pages of the customer whose they are.

use crate::bench::{Bench, number};
use domain::live::ServerMessage;
use domain::webhooks::{BillingChange, BillingNotice, BillingSubject};
use platform::bus::BusMessage;
use platform::clock::random_id;
use platform::queue::{NewJob, RawJob, Work, enqueue, enqueue_raw, list};
use platform::store::accounts;
use platform::testing::TestStore;
use platform::{Owner, on_both_stores};
use sandbox::{FaultKind, System};
use serde_json::{Value, json};
use std::time::Duration;

on_both_stores!(
    a_notice_finds_its_customer,
    an_outage_delays_a_notice_and_an_unknown_invoice_ends_it,
    work_of_another_release_is_parked_and_not_lost,
);

async fn relay(bench: &Bench, subject: BillingSubject, change: BillingChange) {
    let work = Work::RelayBilling { event_id: random_id(), notice: BillingNotice { subject, change } };
    enqueue(bench.db().conn(), NewJob { work, request_id: None }).await.unwrap();
    bench.state.wake.now();
}

/// A customer who is billed as a client of the seed, with one of that client's invoices.
async fn billed(bench: &Bench) -> (domain::CustomerId, u64, u64) {
    let customer = bench.customer().await;
    let invoices = bench.sandbox.world().dump()["whmcs"]["invoices"].clone();
    let invoice = &invoices.as_array().unwrap()[0];
    let (id, client) = (number(&invoice["id"]).unwrap(), number(&invoice["userid"]).unwrap());
    accounts::set_whmcs_client(bench.db().conn(), Owner::for_system(customer.id), client).await.unwrap();
    (customer.id, client, id)
}

async fn a_notice_finds_its_customer(store: TestStore) {
    let bench = Bench::start(store).await;
    let (customer, client, invoice) = billed(&bench).await;
    let mut heard = bench.state.bus.receive();
    let worker = tokio::spawn(worker::run(bench.state.clone()));
    let to = |message| BusMessage::Customer { customer_id: customer, message };
    for (subject, change, expected) in [
        (BillingSubject::Invoice(invoice), BillingChange::Invoice, vec![ServerMessage::InvoicesChanged]),
        (
            BillingSubject::Client(client),
            BillingChange::Payment,
            vec![ServerMessage::InvoicesChanged, ServerMessage::SubscriptionsChanged],
        ),
        (BillingSubject::Client(client), BillingChange::Service, vec![ServerMessage::SubscriptionsChanged]),
    ] {
        relay(&bench, BillingSubject::Client(987_654), change).await;
        relay(&bench, subject, change).await;
        for message in expected {
            let got = tokio::time::timeout(Duration::from_secs(10), next(&mut heard)).await.expect("a message");
            assert_eq!(got, to(message), "{subject:?} {change:?}");
        }
    }
    worker.abort();
    bench.sandbox.stop().await;
}

async fn next(heard: &mut tokio::sync::broadcast::Receiver<BusMessage>) -> BusMessage {
    loop {
        let message = heard.recv().await.unwrap();
        if matches!(message, BusMessage::Customer { .. }) {
            return message;
        }
    }
}

async fn an_outage_delays_a_notice_and_an_unknown_invoice_ends_it(store: TestStore) {
    let bench = Bench::start(store).await;
    let (customer, _, invoice) = billed(&bench).await;
    // Three attempts of one read.
    bench.fault(System::Whmcs, "GetInvoice", FaultKind::Html503, 3);
    let mut heard = bench.state.bus.receive();
    let worker = tokio::spawn(worker::run(bench.state.clone()));
    relay(&bench, BillingSubject::Invoice(9_999_999), BillingChange::Invoice).await;
    relay(&bench, BillingSubject::Invoice(invoice), BillingChange::Invoice).await;
    let got = tokio::time::timeout(Duration::from_secs(30), next(&mut heard)).await.expect("after the outage");
    assert_eq!(got, BusMessage::Customer { customer_id: customer, message: ServerMessage::InvoicesChanged });
    let left = async {
        while !list(bench.db(), None, 10).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), left).await.expect("the notice about nothing ends too");
    assert!(list(bench.db(), Some("dead"), 10).await.unwrap().is_empty());
    worker.abort();
    bench.sandbox.stop().await;
}

async fn work_of_another_release_is_parked_and_not_lost(store: TestStore) {
    let bench = Bench::start(store).await;
    let unknown = json!({ "kind": "brew_tea", "litres": 2 });
    let known_but_changed = json!({ "kind": "provision", "order": 5 });
    let job = |kind: &str, payload: &Value| RawJob {
        kind: kind.to_owned(),
        dedupe_key: None,
        payload: payload.clone(),
        priority: 0,
        max_attempts: 1,
        request_id: None,
    };
    let jobs = vec![job("brew_tea", &unknown), job("provision", &known_but_changed)];
    enqueue_raw(bench.db().conn(), jobs).await.unwrap();
    let (stop, worker) = bench.worker().await;
    let parked = async {
        while list(bench.db(), Some("parked"), 10).await.unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), parked).await.expect("both are parked");
    stop.cancel();
    worker.await.unwrap();
    for row in list(bench.db(), Some("parked"), 10).await.unwrap() {
        assert_eq!(row.last_error.as_deref(), Some("unreadable"));
        assert!(platform::testing::put_back(bench.db(), row.id).await, "the next release can do it");
    }
    bench.sandbox.stop().await;
}
