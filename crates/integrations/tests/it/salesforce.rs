use crate::harness::{Upstreams, newcomer};
use domain::catalog::Category;
use integrations::UpstreamErrorKind;
use sandbox::{FaultKind, System};
use serde_json::Value;

#[tokio::test]
async fn the_catalogue_is_read_over_many_pages() {
    let config = sandbox::Config { query_page_size: 3, ..sandbox::Config::default() };
    let upstreams = Upstreams::start_with(config).await;
    let products = upstreams.salesforce.sellable_products().await.unwrap();
    assert!(products.len() >= 14, "{} products", products.len());
    let mut skus: Vec<_> = products.iter().map(|p| p.sku.clone()).collect();
    skus.sort();
    skus.dedup();
    assert_eq!(skus.len(), products.len(), "no page is read twice");
    for category in Category::ALL {
        assert!(products.iter().any(|p| p.category == category), "{category:?}");
    }
    assert!(products.iter().all(|p| !p.name.en.is_empty() && !p.name.ja.is_empty()));
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_account_is_made_once_with_one_contact() {
    let upstreams = Upstreams::start().await;
    let mut customer = newcomer("C-900001", "hanako@example.com");
    let first = upstreams.salesforce.upsert_account(&customer).await.unwrap();
    customer.email = domain::common::pii::Pii::new("hanako.new@example.com".to_owned());
    let second = upstreams.salesforce.upsert_account(&customer).await.unwrap();
    assert_eq!((first.len(), &first), (18, &second));
    let dump = upstreams.sandbox.world().dump();
    let mut contacts = Vec::new();
    collect(&dump["salesforce"], &mut |record| {
        if record.get("AccountId") == Some(&Value::String(first.clone())) && record.get("LastName").is_some() {
            contacts.push(record["Email"].clone());
        }
    });
    assert_eq!(contacts, ["hanako.new@example.com"], "found by name, and its mail address followed");
    upstreams.sandbox.stop().await;
}

/// Calls `see` with every object inside a value.
fn collect(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|v| collect(v, see));
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, see)),
        _ => {}
    }
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_for_all() {
    let upstreams = Upstreams::start().await;
    upstreams.salesforce.sellable_products().await.unwrap();
    let before = upstreams.count_calls(System::Salesforce, "token");
    upstreams.sandbox.world().drop_sessions();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = upstreams.salesforce.clone();
            tokio::spawn(async move { client.sellable_products().await.map(|p| p.len()) })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap() > 0);
    }
    assert_eq!(upstreams.count_calls(System::Salesforce, "token") - before, 1);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_wrong_key_is_denied() {
    let upstreams = Upstreams::start().await;
    let (at, keys) = (upstreams.sandbox.endpoints(), upstreams.sandbox.credentials());
    let config = integrations::salesforce::Config::new(
        at.salesforce.parse().unwrap(),
        "somebody-else".to_owned(),
        keys.salesforce_username.clone(),
        keys.salesforce_private_key_pem.clone().into(),
        at.pubsub.parse().unwrap(),
    );
    let client = integrations::salesforce::Client::new(config).unwrap();
    assert_eq!(client.sellable_products().await.unwrap_err().kind, UpstreamErrorKind::Denied);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_full_allowance_asks_to_wait_and_a_page_of_html_is_no_catalogue() {
    let upstreams = Upstreams::start().await;
    let fault = FaultKind::Refuse("REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.".to_owned());
    upstreams.fault(System::Salesforce, "query", fault);
    let error = upstreams.salesforce.sellable_products().await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Unavailable { retry_after: Some(_) }), "{:?}", error.kind);
    upstreams.fault(System::Salesforce, "query", FaultKind::Html503);
    assert!(upstreams.salesforce.sellable_products().await.is_ok(), "a read is tried again");
    upstreams.sandbox.stop().await;
}
