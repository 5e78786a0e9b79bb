use crate::harness::{Upstreams, newcomer};
use domain::catalog::SimKind;
use domain::common::pii::Pii;
use domain::orders::providers::salesforce::{
    CrmOrderState, FulfilledItem, FulfilmentReport, NewCrmOrder, NewCrmOrderLine,
};
use domain::{Date, OrderId, ServiceId, Timestamp};
use integrations::UpstreamErrorKind;
use sandbox::{FaultKind, System};

const EID: &str = "89049032000000000000000000000123";

fn order_id(n: u32) -> OrderId {
    format!("00000000-0000-4000-8000-{n:012}").parse().unwrap()
}

async fn new_order(upstreams: &Upstreams, n: u32, lines: usize) -> NewCrmOrder {
    let account = upstreams.salesforce.upsert_account(&newcomer("C-900002", "hanako@example.com")).await.unwrap();
    let (plan, _) = upstreams.products().await;
    let line = |item: usize| NewCrmOrderLine {
        pricebook_entry_id: plan.pricebook_entry_id.clone(),
        unit_price: plan.price,
        item: u32::try_from(item).unwrap() + 1,
    };
    NewCrmOrder {
        order_id: order_id(n),
        account_id: account,
        effective_on: Date::new(2026, 11, 23).unwrap(),
        sim: Some(SimKind::Esim),
        eid: Some(Pii::new(EID.to_owned())),
        port_in: None,
        lines: (0..lines).map(line).collect(),
    }
}

fn made(upstreams: &Upstreams, id: OrderId) -> usize {
    let orders = upstreams.sandbox.world().salesforce_orders();
    orders.iter().filter(|o| o["Portal_Order_Id__c"] == id.to_string()).count()
}

#[tokio::test]
async fn a_repeated_order_is_the_first_one() {
    let upstreams = Upstreams::start().await;
    for (n, lines) in [(1, 3), (2, 24), (3, 25), (4, 60)] {
        let new = new_order(&upstreams, n, lines).await;
        let first = upstreams.salesforce.create_order(&new).await.unwrap();
        assert_eq!((first.state, first.items.len()), (CrmOrderState::Draft, lines));
        assert_eq!(first.number.len(), 8);
        let items: Vec<_> = first.items.iter().map(|i| i.item.unwrap() as usize).collect();
        assert_eq!(items, (1..=lines).collect::<Vec<_>>());
        assert_eq!(upstreams.salesforce.create_order(&new).await.unwrap(), first);
        assert_eq!(made(&upstreams, new.order_id), 1);
    }
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_found_again() {
    let upstreams = Upstreams::start().await;
    let new = new_order(&upstreams, 1, 2).await;
    for kind in [FaultKind::DropAfterCommit, FaultKind::Garbled] {
        upstreams.fault(System::Salesforce, "composite", kind);
        let error = upstreams.salesforce.create_order(&new).await.unwrap_err();
        assert_eq!(error.kind, UpstreamErrorKind::OutcomeUnknown);
    }
    let order = upstreams.salesforce.create_order(&new).await.unwrap();
    assert_eq!((order.items.len(), made(&upstreams, new.order_id)), (2, 1));

    let never = new_order(&upstreams, 2, 2).await;
    upstreams.fault(System::Salesforce, "composite", FaultKind::DropBefore);
    assert_eq!(upstreams.salesforce.create_order(&never).await.unwrap_err().kind, UpstreamErrorKind::OutcomeUnknown);
    assert_eq!(upstreams.salesforce.find_order(never.order_id).await.unwrap(), None);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_refused_item_leaves_no_order() {
    let upstreams = Upstreams::start().await;
    for lines in [2, 30] {
        let mut new = new_order(&upstreams, 1, lines).await;
        new.lines[1].pricebook_entry_id = "01u000000000000AAA".to_owned();
        let error = upstreams.salesforce.create_order(&new).await.unwrap_err();
        assert!(matches!(error.kind, UpstreamErrorKind::Refused { .. }), "{:?}", error.kind);
        assert_eq!(upstreams.salesforce.find_order(new.order_id).await.unwrap(), None);
    }
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_approved_order_is_listed_until_it_is_reported() {
    let upstreams = Upstreams::start().await;
    let client = &upstreams.salesforce;
    let order = client.create_order(&new_order(&upstreams, 1, 2).await).await.unwrap();
    let listed = async || client.approved_orders(Timestamp(4_000_000_000_000)).await.unwrap();
    let has = |orders: &[domain::orders::providers::salesforce::CrmOrder]| {
        orders.iter().any(|o| o.salesforce_id == order.salesforce_id)
    };
    assert!(!has(&listed().await));
    client.approve_order(&order.salesforce_id).await.unwrap();
    client.approve_order(&order.salesforce_id).await.unwrap();
    assert!(has(&listed().await));
    assert_eq!(client.order(&order.salesforce_id[..15]).await.unwrap().state, CrmOrderState::Approved);

    let items = order
        .items
        .iter()
        .zip(41..)
        .map(|(item, service)| FulfilledItem { order_item_id: item.id.clone(), service_id: ServiceId(service) });
    let report = FulfilmentReport {
        whmcs_order_id: 12,
        line_number: Some(Pii::new("07001000001".to_owned())),
        items: items.collect(),
    };
    upstreams.fault(System::Salesforce, "composite", FaultKind::DropAfterCommit);
    let error = client.report_fulfilled(&order.salesforce_id, &report).await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::OutcomeUnknown);
    client.report_fulfilled(&order.salesforce_id, &report).await.unwrap();
    client.report_fulfilled(&order.salesforce_id, &report).await.unwrap();
    let done = client.order(&order.salesforce_id).await.unwrap();
    assert_eq!((done.state, done.provisioned, done.whmcs_order_id), (CrmOrderState::Activated, true, Some(12)));
    let services: Vec<_> = done.items.iter().map(|i| i.whmcs_service_id).collect();
    assert_eq!(services, [Some(ServiceId(41)), Some(ServiceId(42))]);
    assert!(!has(&listed().await));

    let other = FulfilmentReport { whmcs_order_id: 13, ..report };
    let error = client.report_fulfilled(&order.salesforce_id, &other).await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Refused { .. }));
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_rejected_order_cannot_be_approved_and_a_failure_is_told() {
    let upstreams = Upstreams::start().await;
    let client = &upstreams.salesforce;
    let order = client.create_order(&new_order(&upstreams, 1, 1).await).await.unwrap();
    client.report_failed(&order.salesforce_id, "billing_refused").await.unwrap();
    let told = upstreams.sandbox.world().salesforce_orders();
    let told = told.iter().find(|o| o["Id"] == order.salesforce_id.as_str()).unwrap();
    assert_eq!(
        (&told["Activation_Status__c"], &told["Activation_Error_Code__c"]),
        (&"Failed".into(), &"billing_refused".into())
    );
    upstreams.sandbox.world().reject_order(&order.salesforce_id).unwrap();
    let error = client.approve_order(&order.salesforce_id).await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Refused { .. }));
    assert_eq!(client.order(&order.salesforce_id).await.unwrap().state, CrmOrderState::Rejected);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn many_orders_are_read_at_once_and_unknown_ones_are_absent() {
    let config = sandbox::Config { query_page_size: 2, ..sandbox::Config::default() };
    let upstreams = Upstreams::start_with(config).await;
    for n in 1..=3 {
        upstreams.salesforce.create_order(&new_order(&upstreams, n, 5).await).await.unwrap();
    }
    let ids: Vec<_> = (1..=250).map(order_id).collect();
    let found = upstreams.salesforce.orders(&ids).await.unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|o| o.items.len() == 5), "items are paged too");
    let error = upstreams.salesforce.order("801000000000000AAA").await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::NotFound);
    let error = upstreams.salesforce.report_failed("not an id", "x").await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::NotFound);
    upstreams.sandbox.stop().await;
}
