use crate::harness::{Upstreams, newcomer};
use domain::ServiceId;
use domain::catalog::{Cycle, Product};
use domain::customer::providers::whmcs::ClientLookup;
use domain::orders::providers::whmcs::{BillingLine, BillingOrderStatus, NewBillingOrder};
use domain::subscriptions::ServiceStatus;
use integrations::UpstreamErrorKind;
use sandbox::{FaultKind, System};

const NUMBER: &str = "07001000001";

fn new_order(client_id: u64, plan: &Product, products: &[Product], marker: &str) -> NewBillingOrder {
    let fee = products.iter().find(|p| p.cycle == Cycle::OneTime).unwrap();
    let line = |product: &Product, line_number: Option<&str>| BillingLine {
        product_id: product.whmcs_product_id.unwrap(),
        marker: marker.to_owned(),
        cycle: product.cycle,
        line_number: line_number.map(str::to_owned),
    };
    NewBillingOrder { client_id, lines: vec![line(plan, Some(NUMBER)), line(fee, None)] }
}

/// The whole way of a billing order, once in the usual forms and once in the awkward ones.
async fn from_sign_up_to_service(awkward: bool, seed: Option<u64>) {
    let upstreams = Upstreams::start_with(sandbox::Config { awkward, ..sandbox::Config::default() }).await;
    upstreams.sandbox.world().set_whmcs_awkward_seed(seed).unwrap();
    let whmcs = &upstreams.whmcs;
    let customer = newcomer("C-900003", "hanako@example.com");
    let email = "Hanako@Example.com";
    assert_eq!(whmcs.find_client("C-900003", email).await.unwrap(), ClientLookup::None);
    let client = whmcs.add_client(&customer).await.unwrap();
    assert_eq!(whmcs.find_client("C-900003", email).await.unwrap(), ClientLookup::Found(client));
    assert_eq!(whmcs.find_client("C-900004", email).await.unwrap(), ClientLookup::EmailBelongsToAnother);
    assert!(whmcs.services(client).await.unwrap().is_empty());

    let (plan, products) = upstreams.products().await;
    let marker = "sfo-00009999-1";
    assert!(whmcs.find_by_marker(client, marker).await.unwrap().is_empty());
    let order = whmcs.add_order(&new_order(client, &plan, &products, marker)).await.unwrap();
    assert_eq!(order.service_ids.len(), 2);
    assert!(order.invoice_id.is_some());
    let hits = whmcs.find_by_marker(client, marker).await.unwrap();
    assert_eq!(hits.len(), 2);
    assert!(hits.iter().all(|h| h.order_id == order.order_id && h.status == ServiceStatus::Pending));
    assert!(whmcs.find_by_marker(client, "sfo-00009999").await.unwrap().is_empty());

    let state = whmcs.order(order.order_id).await.unwrap();
    assert_eq!((state.client_id, state.status), (client, BillingOrderStatus::Pending));
    whmcs.accept_order(order.order_id).await.unwrap();
    let error = whmcs.accept_order(order.order_id).await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Refused { .. }), "{:?}", error.kind);
    assert_eq!(whmcs.order(order.order_id).await.unwrap().status, BillingOrderStatus::Active);

    let services = whmcs.services(client).await.unwrap();
    assert_eq!(services.len(), 2);
    let line = services.iter().find(|s| s.subscription.number.is_some()).unwrap();
    assert_eq!(line.subscription.number.as_deref(), Some(NUMBER));
    assert_eq!(Some(line.product_id), plan.whmcs_product_id);
    assert_eq!((line.marker.as_str(), line.order_id), (marker, Some(order.order_id)));
    assert_eq!(line.subscription.status, ServiceStatus::Active);
    assert!(line.subscription.price.minor > 0);
    let one = whmcs.service(client, line.subscription.id).await.unwrap();
    assert_eq!(&one, line);
    let error = whmcs.service(client + 1, line.subscription.id).await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::NotFound, "somebody else's service");

    let second = whmcs.add_order(&new_order(client, &plan, &products, "sfo-00009999-2")).await.unwrap();
    whmcs.cancel_order(second.order_id).await.unwrap();
    assert_eq!(whmcs.order(second.order_id).await.unwrap().status, BillingOrderStatus::Cancelled);
    assert_eq!(whmcs.order(999_999).await.unwrap_err().kind, UpstreamErrorKind::NotFound);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_billing_order_from_sign_up_to_service() {
    from_sign_up_to_service(false, None).await;
}

#[tokio::test]
async fn the_same_in_the_awkward_forms() {
    from_sign_up_to_service(true, None).await;
}

#[tokio::test]
async fn the_same_in_forms_that_change_from_call_to_call() {
    for seed in 0..12 {
        from_sign_up_to_service(false, Some(seed)).await;
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_by_its_marker() {
    let upstreams = Upstreams::start().await;
    let client = upstreams.whmcs.add_client(&newcomer("C-900003", "hanako@example.com")).await.unwrap();
    let (plan, products) = upstreams.products().await;
    let before = upstreams.sandbox.world().whmcs_orders().len();
    for (n, kind) in [FaultKind::DropAfterCommit, FaultKind::Garbled].into_iter().enumerate() {
        let marker = format!("sfo-0000000{n}-1");
        upstreams.fault(System::Whmcs, "AddOrder", kind);
        let error = upstreams.whmcs.add_order(&new_order(client, &plan, &products, &marker)).await.unwrap_err();
        assert_eq!(error.kind, UpstreamErrorKind::OutcomeUnknown);
        assert_eq!(upstreams.whmcs.find_by_marker(client, &marker).await.unwrap().len(), 2);
    }
    assert_eq!(upstreams.sandbox.world().whmcs_orders().len() - before, 2, "nothing was sent twice");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn the_seeded_customer_is_found_by_number_and_mail_together() {
    let upstreams = Upstreams::start().await;
    let found = upstreams.whmcs.find_client("C-100001", "mika@example.com").await.unwrap();
    let ClientLookup::Found(client) = found else { panic!("{found:?}") };
    let services = upstreams.whmcs.services(client).await.unwrap();
    assert!(services.iter().filter(|s| s.subscription.number.is_some()).count() >= 2);
    assert!(services.iter().all(|s| s.client_id == client));
    let stranger = upstreams.whmcs.find_client("C-900009", "mika@example.com").await.unwrap();
    assert_eq!(stranger, ClientLookup::EmailBelongsToAnother);
    let nobody = upstreams.whmcs.service(client, ServiceId(987_654)).await.unwrap_err();
    assert_eq!(nobody.kind, UpstreamErrorKind::NotFound);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn wrong_credentials_are_denied_and_a_refusal_is_refused() {
    let upstreams = Upstreams::start().await;
    let address = upstreams.sandbox.endpoints().whmcs.parse().unwrap();
    let config = integrations::whmcs::Config::new(address, "x".into(), "y".into());
    let stranger = integrations::whmcs::Client::new(config).unwrap();
    assert_eq!(stranger.order(1).await.unwrap_err().kind, UpstreamErrorKind::Denied);
    assert_eq!(stranger.accept_order(1).await.unwrap_err().kind, UpstreamErrorKind::Denied);
    upstreams.fault(System::Whmcs, "AcceptOrder", FaultKind::Refuse("Credit limit of 0312345678 reached".to_owned()));
    let error = upstreams.whmcs.accept_order(1).await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::Refused { reason: "Credit limit of ••• reached".to_owned() });
    upstreams.sandbox.stop().await;
}
