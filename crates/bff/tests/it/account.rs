//! The activity list, the copy of one's data, the end of the account.

use crate::browser::Browser;
use crate::harness::{PASSWORD, TestPortal, on_both};
use domain::ErrorCode;
use domain::account::activity::{Activity, ActivityKind, By, PER_PAGE};
use domain::account::{ClosePlan, CloseState, DataCopy, DataCopyState, Obstacle};
use reqwest::Method;
use sandbox::{FaultKind, System};
use serde_json::json;

on_both! {
    what_was_done_is_listed_with_where_it_came_from
    a_list_is_read_page_by_page_without_gap_or_repeat
    nobody_sees_what_others_did
    a_copy_of_ones_data_is_asked_for_once
    closing_waits_and_can_be_withdrawn
    an_account_with_services_is_not_closed
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";

async fn activity(browser: &Browser, before: &str) -> Activity {
    browser.get(&format!("/api/account/activity{before}")).await.json()
}

async fn what_was_done_is_listed_with_where_it_came_from(portal: &TestPortal) {
    let mut browser = portal.customer().await;
    let email = browser.get("/api/auth/me").await.json::<domain::auth::Me>().email.into_inner();
    let login = browser.request(Method::POST, "/api/auth/login").header("user-agent", FIREFOX);
    let answer = Browser::send(login.json(&json!({ "email": email, "password": PASSWORD }))).await;
    browser.token = answer.json::<serde_json::Value>()["access_token"].as_str().map(str::to_owned);
    let order = portal.sim_order().await;
    let placed: serde_json::Value = browser.order("key", &order).await.json();
    let list = activity(&browser, "").await;
    let kinds: Vec<_> = list.entries.iter().map(|entry| entry.kind).collect();
    use ActivityKind::{AccountOpened, NewDevice, OrderPlaced, SignedIn};
    assert_eq!(kinds, [OrderPlaced, NewDevice, SignedIn, AccountOpened]);
    assert!(list.entries.iter().all(|entry| entry.by == By::You), "{list:?}");
    assert_eq!(list.entries[0].data.order_number.as_deref(), placed["number"].as_str());
    assert_eq!(list.entries[1].device.as_deref(), Some("Firefox on Linux"));
    for entry in &list.entries {
        assert_eq!(
            entry.address.as_ref().map(|address| address.reveal().as_str()),
            Some("127.0.0.0/24"),
            "{:?}",
            entry.kind
        );
    }
    assert_eq!(list.next, None);
}

async fn a_list_is_read_page_by_page_without_gap_or_repeat(portal: &TestPortal) {
    let mut browser = portal.customer().await;
    let email = browser.get("/api/auth/me").await.json::<domain::auth::Me>().email.into_inner();
    // Two facts each: the test's browser keeps no cookie that it could be known by.
    for _ in 0..PER_PAGE / 2 + 2 {
        browser.login(&email, PASSWORD).await;
    }
    let first = activity(&browser, "").await;
    assert_eq!(first.entries.len(), PER_PAGE);
    // What happens meanwhile does not move the next page.
    browser.login(&email, PASSWORD).await;
    let second = activity(&browser, &format!("?before={}", first.next.clone().unwrap())).await;
    assert_eq!((second.entries.len(), second.next.clone()), (5, None));
    assert_eq!(second.entries.last().unwrap().kind, ActivityKind::AccountOpened);
    assert!(second.entries[0].at <= first.entries.last().unwrap().at);
    for bad in [
        "x",
        "5",
        "-1-00000000000000000000000000000000",
        "5-x",
        "99999999999999999999-00000000000000000000000000000000",
    ] {
        browser.get(&format!("/api/account/activity?before={bad}")).await.problem(ErrorCode::Invalid);
    }
}

async fn nobody_sees_what_others_did(portal: &TestPortal) {
    let one = portal.customer().await;
    let other = portal.customer().await;
    one.order("key", &portal.sim_order().await).await;
    let kinds: Vec<_> = activity(&other, "").await.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [ActivityKind::AccountOpened]);
    portal.browser().get("/api/account/activity").await.problem(ErrorCode::SignInNeeded);
}

async fn a_copy_of_ones_data_is_asked_for_once(portal: &TestPortal) {
    let browser = portal.customer().await;
    let none: DataCopy = browser.get("/api/account/data").await.json();
    assert_eq!(none.state, DataCopyState::None);
    browser.post("/api/account/data/download", &json!({})).await.problem(ErrorCode::NotFound);
    for _ in 0..2 {
        let answer = browser.post("/api/account/data", &json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.json::<DataCopy>().state), (202, DataCopyState::Gathering));
    }
    assert_eq!(portal.count("job WHERE kind = 'copy_data'").await, 1, "one job");
    let kinds: Vec<_> = activity(&browser, "").await.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds[0], ActivityKind::DataCopyAsked);
    // Long after signing in, one has to show again who one is.
    let sql = "UPDATE session SET verified_at = 1";
    sea_orm::ConnectionTrait::execute_unprepared(portal.db.conn(), sql).await.unwrap();
    for path in ["/api/account/data", "/api/account/data/download", "/api/account/close"] {
        browser.post(path, &json!({})).await.problem(ErrorCode::VerificationNeeded);
    }
}

async fn closing_waits_and_can_be_withdrawn(portal: &TestPortal) {
    let browser = portal.customer().await;
    let plan: ClosePlan = browser.get("/api/account/close").await.json();
    assert_eq!((plan.state, plan.obstacles.len(), plan.kept.len()), (CloseState::Open, 0, 4));
    let waiting: ClosePlan = browser.post("/api/account/close", &json!({})).await.json();
    assert_eq!(waiting.state, CloseState::Waiting);
    let days = (waiting.closes_at.unwrap().millis() - waiting.asked_at.unwrap().millis()) / 86_400_000;
    assert_eq!(days, 14);
    let again: ClosePlan = browser.post("/api/account/close", &json!({})).await.json();
    assert_eq!(again.closes_at, waiting.closes_at, "asking again does not move the end");
    let withdraw = async || Browser::send(browser.request(Method::DELETE, "/api/account/close")).await;
    assert_eq!(withdraw().await.json::<ClosePlan>().state, CloseState::Open);
    withdraw().await.problem(ErrorCode::NotFound);
    let kinds: Vec<_> = activity(&browser, "").await.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds[..2], [ActivityKind::ClosingWithdrawn, ActivityKind::ClosingAsked]);
}

async fn an_account_with_services_is_not_closed(portal: &TestPortal) {
    let mika = portal.mika().await;
    let plan: ClosePlan = mika.get("/api/account/close").await.json();
    assert_eq!(plan.obstacles, [Obstacle::ServicesActive]);
    let problem = mika.post("/api/account/close", &json!({})).await.problem(ErrorCode::CloseRefused);
    assert_eq!(problem.errors[0].code, "services_active");
    portal.fault(System::Whmcs, "GetClientsProducts", FaultKind::Html503, None);
    let plan: ClosePlan = mika.get("/api/account/close").await.json();
    assert_eq!(plan.obstacles, [Obstacle::BillingSilent], "nobody knows, so it is not closed");
    let customer = portal.customer().await;
    customer.order("key", &portal.sim_order().await).await;
    let plan: ClosePlan = customer.get("/api/account/close").await.json();
    assert_eq!(plan.obstacles, [Obstacle::OrdersOpen]);
}
