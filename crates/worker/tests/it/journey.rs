//! From approval to a working service, for every kind of product.

use crate::bench::{Bench, Wish, number};
use domain::orders::Stage;
use domain::orders::fulfilment::{Step, StepState};
use platform::on_both_stores;
use platform::store::runs::{AcceptedServices, ReservedLine, result_of};
use platform::testing::TestStore;
use serde_json::Value;

on_both_stores!(every_kind_of_product_becomes_a_service, a_rejected_order_ends_without_a_trace, several_orders_at_once);

async fn every_kind_of_product_becomes_a_service(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Physical, Wish::Internet, Wish::Esim]).await;
    let (stop, worker) = bench.worker().await;
    bench.approve(&order);
    assert_eq!(bench.settled(&order).await, Stage::Active);

    let steps = bench.steps(&order).await;
    assert!(steps.iter().all(|s| s.state == StepState::Done));
    let client = bench.client_id(&customer).await;
    let in_billing = bench.whmcs_orders_of(client);
    assert_eq!(in_billing.len(), 1, "{in_billing:#?}");
    let accepted: AcceptedServices = result_of(&steps, Step::AcceptBillingOrder, 0).unwrap();
    assert_eq!(accepted.services.len(), 3);
    let services = bench.state.whmcs.services(client).await.unwrap();
    for item in &accepted.services {
        let service = services.iter().find(|s| s.subscription.id == item.service_id).expect("billing has it");
        let reserved: Option<ReservedLine> = result_of(&steps, Step::ReserveLine, item.item);
        assert_eq!(service.subscription.number, reserved.map(|r| r.number), "billing knows the number of a SIM");
    }
    for (item, card) in [(1, true), (3, false)] {
        let reserved: ReservedLine = result_of(&steps, Step::ReserveLine, item).unwrap();
        assert_eq!(reserved.iccid.is_some(), card);
        let line = bench.state.freebit.line(&reserved.number).await.unwrap();
        assert_eq!(line.line.state, domain::sim::LineState::Active);
    }
    let crm = bench.state.salesforce.order(&order.salesforce_order_id).await.unwrap();
    assert_eq!(crm.whmcs_order_id, Some(accepted.whmcs_order_id));
    assert!(crm.provisioned && crm.items.iter().all(|i| i.whmcs_service_id.is_some()));
    stop.cancel();
    worker.await.unwrap();
}

async fn a_rejected_order_ends_without_a_trace(store: TestStore) {
    let bench = Bench::start(store).await;
    let customer = bench.customer().await;
    let order = bench.place(&customer, &[Wish::Esim]).await;
    let (stop, worker) = bench.worker().await;
    bench.sandbox.world().reject_order(&order.salesforce_order_id).unwrap();
    assert_eq!(bench.settled(&order).await, Stage::Rejected);
    assert!(bench.steps(&order).await.is_empty());
    assert_eq!(bench.calls("AddOrder"), 0);
    stop.cancel();
    worker.await.unwrap();
}

async fn several_orders_at_once(store: TestStore) {
    let bench = Bench::start(store).await;
    let mut orders = Vec::new();
    for wish in [Wish::Esim, Wish::Physical, Wish::Internet, Wish::Esim, Wish::Physical, Wish::Internet] {
        let customer = bench.customer().await;
        orders.push((bench.place(&customer, &[wish]).await, customer));
    }
    let workers = [bench.worker().await, bench.worker().await];
    for (order, _) in &orders {
        bench.approve(order);
    }
    for (order, customer) in &orders {
        assert_eq!(bench.settled(order).await, Stage::Active);
        assert_eq!(bench.whmcs_orders_of(bench.client_id(customer).await).len(), 1);
    }
    let lines: Vec<String> = bench.sandbox.world().freebit_lines().iter().map(account).collect();
    let ours: Vec<&String> = lines.iter().filter(|l| l.starts_with("07001")).collect();
    assert_eq!(ours.len(), 4, "{lines:?}");
    assert_eq!(bench.calls("AcceptOrder"), orders.len());
    for (stop, worker) in workers {
        stop.cancel();
        worker.await.unwrap();
    }
}

fn account(line: &Value) -> String {
    line["account"].as_str().map_or_else(|| number(&line["account"]).unwrap_or_default().to_string(), str::to_owned)
}
