//! One order for each key, whatever fails on the way.

use crate::browser::Browser;
use crate::harness::{TestPortal, on_both};
use domain::ErrorCode;
use domain::common::page::Page;
use domain::orders::contract::{Actor, Milestone, MilestoneState};
use domain::orders::{OrderDetail, OrderSummary, Stage};
use reqwest::Method;
use sandbox::{DelayPoint, FaultKind, System};
use serde_json::json;
use std::time::Duration;

on_both! {
    an_order_is_placed_listed_and_shown
    twenty_clicks_are_one_order
    a_key_belongs_to_its_body
    an_order_whose_answer_was_lost_is_found_again
    an_order_that_stands_at_another_account_is_not_taken_over
    another_customers_order_does_not_exist
}

async fn an_order_is_placed_listed_and_shown(portal: &TestPortal) {
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let answer = browser.order("first", &order).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let detail: OrderDetail = answer.json();
    assert_eq!(answer.header("location"), format!("/api/orders/{}", detail.id));
    assert_eq!(
        (detail.stage, detail.next_actor, detail.may_confirm),
        (Stage::AwaitingApproval, Some(Actor::Reviewer), false)
    );
    assert_eq!(detail.first_bill.gross.minor, order.expected_total);
    assert_eq!(detail.timeline[1].milestone, Milestone::InReview);
    assert_eq!(detail.timeline[1].state, MilestoneState::Active);
    let crm = &portal.crm_orders()[0];
    assert_eq!(crm["OrderNumber"], json!(detail.number));
    assert_eq!(crm["Status"], json!("Draft"));
    assert_eq!(crm["Portal_Order_Id__c"], json!(detail.id.to_string()));
    let shown: OrderDetail = browser.get(&format!("/api/orders/{}", detail.id)).await.json();
    assert_eq!(shown, detail);
    let list: Page<OrderSummary> = browser.get("/api/orders").await.json();
    assert_eq!((list.total, list.per_page, list.items[0].id), (1, 20, detail.id));
    let beyond: Page<OrderSummary> = browser.get("/api/orders?page=2").await.json();
    assert_eq!((beyond.items.len(), beyond.total), (0, 1));
    browser.get("/api/orders?page=0").await.problem(ErrorCode::Invalid);
    browser.get("/api/orders?page=one").await.problem(ErrorCode::Unreadable);
    assert_eq!(portal.count("domain_event").await, 2, "registered, order_placed");
}

async fn twenty_clicks_are_one_order(portal: &TestPortal) {
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let clicks = futures_util::future::join_all((0..20).map(|_| browser.order("clicks", &order))).await;
    let placed = clicks.iter().filter(|a| a.status == 201).count();
    assert!(placed >= 1);
    for answer in clicks.iter().filter(|a| a.status != 201) {
        assert!(answer.problem(ErrorCode::RequestInProgress).retry_after.is_some());
    }
    assert_eq!(portal.crm_orders().len(), 1);
    assert_eq!(portal.count("customer_order").await, 1);
    let first = clicks.iter().find(|a| a.status == 201 && a.header("idempotency-replayed").is_empty()).unwrap();
    let again = browser.order("clicks", &order).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.body, first.body, "byte for byte");
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(browser.order("another-key", &order).await.status, 201);
    assert_eq!(portal.crm_orders().len(), 2, "another key is another order");
}

async fn a_key_belongs_to_its_body(portal: &TestPortal) {
    let browser = portal.customer().await;
    let mut order = portal.sim_order().await;
    assert_eq!(browser.order("key", &order).await.status, 201);
    order.items.push(order.items[0].clone());
    order.expected_total *= 2;
    browser.order("key", &order).await.problem(ErrorCode::IdempotencyKeyReused);
    assert_eq!(portal.crm_orders().len(), 1);
    let other = portal.customer().await;
    assert_eq!(other.order("key", &portal.sim_order().await).await.status, 201, "keys are each person's own");
}

async fn an_order_whose_answer_was_lost_is_found_again(portal: &TestPortal) {
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    portal.fault(System::Salesforce, "composite", FaultKind::DropAfterCommit, Some(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = browser.order("lost", &order).await;
        statuses.push(answer.status.as_u16());
        if answer.status == 503 {
            assert!(answer.problem(ErrorCode::OutcomeUnknown).retry_after.is_some());
        } else {
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
    }
    assert_eq!(statuses.first(), Some(&503), "{statuses:?}");
    assert_eq!(statuses.last(), Some(&201), "{statuses:?}");
    assert_eq!(portal.crm_orders().len(), 1, "one order in the CRM");
    assert_eq!(portal.count("customer_order").await, 1);
}

async fn an_order_that_stands_at_another_account_is_not_taken_over(portal: &TestPortal) {
    let (browser, other) = (portal.customer().await, portal.customer().await);
    assert_eq!(other.order("theirs", &portal.sim_order().await).await.status, 201);
    let account = portal.crm_orders()[0]["AccountId"].clone();
    let order = portal.sim_order().await;
    portal.fault(System::Salesforce, "composite", FaultKind::DropAfterCommit, Some(1));
    assert_eq!(browser.order("lost", &order).await.status, 503);
    let theirs = |o: &&serde_json::Value| o["AccountId"] == account;
    let orders = portal.crm_orders();
    let mine = orders.iter().find(|o| !theirs(o)).unwrap();
    // Somebody has moved it, or the answer is not about what was asked.
    portal.world().edit_record("Order", mine["Id"].as_str().unwrap(), json!({ "AccountId": account })).unwrap();
    browser.order("lost", &order).await.problem(ErrorCode::UpstreamGarbled);
    assert_eq!(portal.count("customer_order").await, 1, "only the other customer's own");
    let mine: Page<OrderSummary> = browser.get("/api/orders").await.json();
    assert_eq!(mine.total, 0);
}

async fn another_customers_order_does_not_exist(portal: &TestPortal) {
    let (owner, stranger) = (portal.customer().await, portal.customer().await);
    let order: OrderDetail = owner.order("mine", &portal.sim_order().await).await.json();
    let path = format!("/api/orders/{}", order.id);
    stranger.get(&path).await.problem(ErrorCode::NotFound);
    stranger.post(&format!("{path}/confirm"), &json!({})).await.problem(ErrorCode::NotFound);
    let list: Page<OrderSummary> = stranger.get("/api/orders").await.json();
    assert_eq!(list.total, 0);
    owner.get("/api/orders/00000000-0000-4000-8000-000000000000").await.problem(ErrorCode::NotFound);
    owner.get("/api/orders/not-an-id").await.problem(ErrorCode::NotFound);
    assert_eq!(owner.get(&path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_keeps_the_key_for_the_same_request() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    portal.fault(System::Salesforce, "composite", FaultKind::Status(503, Some(2)), Some(1));
    let answer = browser.order("outage", &order).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(!answer.header("retry-after").is_empty());
    assert!(portal.crm_orders().is_empty());
    let mut other = order.clone();
    other.expected_total += 1;
    browser.order("outage", &other).await.problem(ErrorCode::IdempotencyKeyReused);
    let last = portal.world().last_call();
    browser.order("outage", &order).await.problem(ErrorCode::UpstreamUnavailable);
    let sent = portal.world().calls_since(last).into_iter().filter(|call| call.operation == "composite").count();
    assert_eq!(sent, 0, "nothing is sent before the time that was asked for");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    portal.fault(System::Salesforce, "composite", FaultKind::Refuse("X: no".to_owned()), Some(1));
    browser.order("outage", &order).await.problem(ErrorCode::OrderRefused);
    browser.order("outage", &other).await.problem(ErrorCode::IdempotencyKeyReused);
    assert_eq!(browser.order("outage", &order).await.status, 201);
    assert_eq!(portal.crm_orders().len(), 1);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_without_their_words_and_frees_the_key() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let words = "FIELD_CUSTOM_VALIDATION_EXCEPTION: credit hold XYZZY";
    portal.fault(System::Salesforce, "composite", FaultKind::Refuse(words.to_owned()), Some(1));
    let answer = browser.order("refused", &order).await;
    answer.problem(ErrorCode::OrderRefused);
    assert!(!answer.body.contains("XYZZY"), "{}", answer.body);
    assert_eq!(portal.count("idempotency_request").await, 0);
    assert!(portal.crm_orders().is_empty());
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_goes_away_leaves_a_whole_order() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    portal.fault(System::Salesforce, "composite", FaultKind::Delay(700, DelayPoint::BeforeCommit), Some(2));
    let gone = tokio::time::timeout(Duration::from_millis(300), browser.order("gone", &order)).await;
    assert!(gone.is_err(), "the browser gave up first");
    let again = async {
        loop {
            let answer = browser.order("gone", &order).await;
            if answer.status == 201 {
                return answer;
            }
            answer.problem(ErrorCode::RequestInProgress);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), again).await.unwrap();
    assert_eq!(answer.header("idempotency-replayed"), "true", "the first request came to its end by itself");
    assert_eq!(portal.crm_orders().len(), 1);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_price_is_shown_before_it_is_charged() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let mut cheaper = order.clone();
    cheaper.expected_total -= 1;
    let problem = browser.order("price", &cheaper).await.problem(ErrorCode::CatalogChanged);
    assert!(problem.detail.is_some_and(|d| d.contains('¥')));
    assert_eq!(browser.order("price", &order).await.status, 201);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_confirms_where_the_operator_allows_it() {
    let portal = TestPortal::start_with(|config| config.customer_may_confirm = true).await;
    let browser = portal.customer().await;
    let order: OrderDetail = browser.order("mine", &portal.sim_order().await).await.json();
    assert_eq!((order.may_confirm, order.next_actor), (true, Some(Actor::Customer)));
    let path = format!("/api/orders/{}/confirm", order.id);
    for _ in 0..2 {
        let answer = browser.post(&path, &json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(portal.crm_orders()[0]["Status"], json!("Approved"));
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirming_needs_the_operators_leave_and_a_waiting_order() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order: OrderDetail = browser.order("mine", &portal.sim_order().await).await.json();
    let path = format!("/api/orders/{}/confirm", order.id);
    browser.post(&path, &json!({})).await.problem(ErrorCode::OrderNotConfirmable);
    assert_eq!(portal.crm_orders()[0]["Status"], json!("Draft"));
    portal.stop().await;
    let portal = TestPortal::start_with(|config| config.customer_may_confirm = true).await;
    let browser = portal.customer().await;
    let order: OrderDetail = browser.order("mine", &portal.sim_order().await).await.json();
    let id = portal.crm_orders()[0]["Id"].as_str().unwrap().to_owned();
    portal.world().reject_order(&id).unwrap();
    let path = format!("/api/orders/{}/confirm", order.id);
    browser.post(&path, &json!({})).await.problem(ErrorCode::OrderNotConfirmable);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_from_another_site_are_refused() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let foreign = client
        .request(Method::POST, format!("{}/api/orders", portal.url))
        .bearer_auth(browser.token.as_deref().unwrap())
        .header("idempotency-key", "k")
        .header("x-portal-client", "web");
    let cases = [
        foreign.try_clone().unwrap().header("origin", "https://evil.example").json(&order),
        foreign.try_clone().unwrap().header("sec-fetch-site", "cross-site").json(&order),
        foreign.try_clone().unwrap().json(&order),
    ];
    for case in cases {
        Browser::send(case).await.problem(ErrorCode::OriginRefused);
    }
    assert!(portal.crm_orders().is_empty());
    portal.stop().await;
}
