//! What is on sale, also while the CRM is down.

use crate::browser::Browser;
use crate::harness::TestPortal;
use domain::catalog::Catalog;
use domain::{ErrorCode, Timestamp};
use reqwest::Method;
use sandbox::{FaultKind, System};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_may_read_it_and_a_current_copy_is_not_sent_again() {
    let portal = TestPortal::start().await;
    let first = portal.browser().get("/api/catalog").await;
    let catalog: Catalog = first.json();
    assert!(catalog.plans.len() >= 5 && !catalog.stale, "{} plans", catalog.plans.len());
    assert_eq!(catalog.tax_rate_percent, 10);
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");
    for tag in [etag.as_str(), "*", &format!("\"x\", {etag}")] {
        let again = portal.browser().request(Method::GET, "/api/catalog").header("if-none-match", tag);
        let again = Browser::send(again).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
        assert_eq!(again.header("etag"), etag);
    }
    let other = portal.browser().request(Method::GET, "/api/catalog").header("if-none-match", "\"other\"");
    assert_eq!(Browser::send(other).await.status, 200);
    let queries = portal.world().calls().iter().filter(|c| c.operation == "query").count();
    assert!(queries <= 2, "the cache answers: {queries} queries");
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_bridged_with_the_last_known_offers_for_a_quarter_of_an_hour() {
    let portal = TestPortal::start_at(NOW).await;
    let fresh = portal.catalog().await;
    portal.world().add_fault(sandbox::Fault {
        system: System::Salesforce,
        operation: None,
        kind: FaultKind::Html503,
        times: None,
    });
    portal.clock.set(NOW.plus_seconds(299));
    assert!(!portal.catalog().await.stale);
    portal.clock.set(NOW.plus_seconds(301));
    let stale = portal.catalog().await;
    assert!(stale.stale);
    assert_eq!((stale.as_of, &stale.plans), (NOW, &fresh.plans));
    portal.clock.set(NOW.plus_seconds(901));
    let answer = portal.browser().get("/api/catalog").await;
    let wait = answer.problem(ErrorCode::UpstreamUnavailable).retry_after.unwrap();
    portal.world().clear_faults();
    // Salesforce is asked again when the breaker's pause is over, which is what the answer said.
    tokio::time::sleep(std::time::Duration::from_secs(u64::from(wait))).await;
    assert!(!portal.catalog().await.stale);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_order_during_an_outage_does_not_cost_everybody_the_catalogue() {
    let portal = TestPortal::start_at(NOW).await;
    let browser = portal.customer().await;
    let mut order = portal.sim_order().await;
    order.expected_total += 1;
    portal.clock.set(NOW.plus_seconds(60));
    portal.world().add_fault(sandbox::Fault {
        system: System::Salesforce,
        operation: None,
        kind: FaultKind::Html503,
        times: None,
    });
    browser.order("k", &order).await.problem(ErrorCode::CatalogChanged);
    assert_eq!(portal.browser().get("/api/catalog").await.status, 200);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_at_a_newer_price_than_the_cache_knows_is_accepted() {
    let portal = TestPortal::start_at(NOW).await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let dump = portal.world().dump();
    let plan = order.items[0].plan.to_string();
    let product =
        rows(&dump["salesforce"]["Product2"]).into_iter().find(|p| p["StockKeepingUnit"] == plan.as_str()).unwrap();
    let entries = rows(&dump["salesforce"]["PricebookEntry"]);
    for entry in entries.iter().filter(|e| e["Product2Id"] == product["Id"]) {
        let price = entry["UnitPrice"].as_f64().unwrap();
        portal.world().change_price(entry["Id"].as_str().unwrap(), price + 100.0).unwrap();
    }
    portal.clock.set(NOW.plus_seconds(30));
    let mut newer = order.clone();
    newer.expected_total += 110;
    let answer = browser.order("new", &newer).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    browser.order("old", &order).await.problem(ErrorCode::CatalogChanged);
    assert_eq!(portal.crm_orders().len(), 1);
    portal.stop().await;
}

/// A table of the sandbox's dump is a list or an object by id.
fn rows(table: &serde_json::Value) -> Vec<serde_json::Value> {
    match table {
        serde_json::Value::Array(rows) => rows.clone(),
        serde_json::Value::Object(rows) => rows.values().cloned().collect(),
        other => panic!("not a table: {other}"),
    }
}
