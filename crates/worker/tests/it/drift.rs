//! Every difference between us and Salesforce shows itself, and goes when it is gone.

use crate::bench::{Bench, Wish};
use domain::orders::Stage;
use domain::orders::providers::salesforce::{FulfilmentReport, NewCrmOrder, NewCrmOrderLine};
use domain::{Money, OrderId};
use platform::clock::new_id;
use platform::on_both_stores;
use platform::store::drift::{self, DriftKind};
use platform::store::orders::{self, Fact, Order};
use platform::testing::TestStore;
use platform::{Cause, Change};
use serde_json::json;
use std::time::Duration;
use worker::subscriber::reconcile;

on_both_stores!(every_kind_of_difference_appears_and_goes, an_approval_of_a_moment_ago_is_left_to_its_event);

/// One comparison, at a later millisecond than the last.
async fn compare(bench: &Bench) {
    tokio::time::sleep(Duration::from_millis(5)).await;
    reconcile::round(&bench.state).await.unwrap();
}

/// Open differences as kind and subject, sorted.
async fn open(bench: &Bench) -> Vec<(String, String)> {
    let rows = drift::list(bench.db().conn(), true, 100).await.unwrap();
    let mut open: Vec<(String, String)> = rows.into_iter().map(|row| (row.kind, row.subject)).collect();
    open.sort();
    open
}

fn of(kind: DriftKind, subject: &str) -> (String, String) {
    (kind.name().to_owned(), subject.to_owned())
}

async fn shift(bench: &Bench, order: &Order, stage: Stage) {
    let cause = Cause { person: None, request_id: None, now: bench.state.clock.now() };
    let mut change = Change::begin(bench.db(), cause).await.unwrap();
    let order = bench.reload(order).await;
    orders::move_to(&mut change, &order, stage, None, Fact::new("run_settled_by_hand")).await.unwrap();
    change.commit(&bench.state.bus).await.unwrap();
}

async fn every_kind_of_difference_appears_and_goes(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let missed = bench.place(&customer, &[Wish::Internet]).await;
    let orphaned = bench.place(&customer, &[Wish::Internet]).await;
    let ahead = bench.place(&customer, &[Wish::Internet]).await;
    let vanished = bench.place(&customer, &[Wish::Internet]).await;

    bench.approve(&missed);
    // A run whose job is gone.
    shift(&bench, &orphaned, Stage::Provisioning).await;
    bench.approve(&orphaned);
    // Active here, and not there.
    shift(&bench, &ahead, Stage::Active).await;
    bench.approve(&ahead);
    // Not there: its mark was taken away.
    let world = bench.sandbox.world();
    let unmark =
        |mark| world.edit_record("Order", &vanished.salesforce_order_id, json!({ "Portal_Order_Id__c": mark }));
    unmark(json!(null)).unwrap();
    // There, and not here.
    let stranger = stranger(&bench, customer.salesforce_account_id.clone().unwrap()).await;
    world.approve_order(&stranger).unwrap();

    compare(&bench).await;
    let mut expected = vec![
        of(DriftKind::MissedApproval, &missed.salesforce_order_id),
        of(DriftKind::RunWithoutJob, &orphaned.salesforce_order_id),
        of(DriftKind::ActiveHereOnly, &ahead.salesforce_order_id),
        of(DriftKind::UnknownToCrm, &vanished.salesforce_order_id),
        of(DriftKind::ApprovedWithoutRow, &stranger),
    ];
    expected.sort();
    assert_eq!(open(&bench).await, expected);
    assert_eq!(expected.len(), DriftKind::ALL.len());

    // Two mend themselves by the next comparison, three stay until somebody acts.
    compare(&bench).await;
    let mends = [DriftKind::MissedApproval, DriftKind::RunWithoutJob];
    assert!(mends.iter().all(|kind| kind.mends_itself()));
    let stay: Vec<_> = expected.into_iter().filter(|(kind, _)| mends.iter().all(|mend| mend.name() != kind)).collect();
    assert_eq!(open(&bench).await, stay);

    unmark(json!(vanished.id.to_string())).unwrap();
    world.edit_record("Order", &stranger, json!({ "Status": "Cancelled" })).unwrap();
    let report = FulfilmentReport { whmcs_order_id: 1, line_number: None, items: Vec::new() };
    bench.state.salesforce.report_fulfilled(&ahead.salesforce_order_id, &report).await.unwrap();
    compare(&bench).await;
    assert_eq!(open(&bench).await, []);
    let all = drift::list(bench.db().conn(), false, 100).await.unwrap();
    assert_eq!((all.len(), all.iter().all(|row| row.resolved_at.is_some())), (5, true), "kept for who looks later");

    // What mended itself is really at work.
    let (stop, worker) = bench.worker().await;
    for order in [&missed, &orphaned] {
        assert_eq!(bench.settled_within(order, Duration::from_secs(40)).await, Stage::Active);
    }
    stop.cancel();
    worker.await.unwrap();
}

/// An order that carries our mark and has no row here; its Salesforce id.
async fn stranger(bench: &Bench, account_id: String) -> String {
    let product = &bench.products[0];
    let new = NewCrmOrder {
        order_id: OrderId(new_id()),
        account_id,
        effective_on: bench.state.clock.now().date_in_japan(),
        sim: None,
        eid: None,
        port_in: None,
        lines: vec![NewCrmOrderLine {
            pricebook_entry_id: product.pricebook_entry_id.clone(),
            unit_price: Money { ..product.price },
            item: 1,
        }],
    };
    bench.state.salesforce.create_order(&new).await.unwrap().salesforce_id
}

async fn an_approval_of_a_moment_ago_is_left_to_its_event(store: TestStore) {
    let mut bench = Bench::start(store).await;
    let config = worker::Config { reconcile_quiet: Duration::from_secs(2), ..(*bench.state.config).clone() };
    bench.state.config = config.into();
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Internet]).await;
    bench.approve(&order);
    compare(&bench).await;
    assert_eq!(open(&bench).await, [], "its event may be on the way");
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    compare(&bench).await;
    assert_eq!(open(&bench).await, [of(DriftKind::MissedApproval, &order.salesforce_order_id)]);
}
