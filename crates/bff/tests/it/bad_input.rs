//! What nobody should send: 4xx with pointers, and nothing is created anywhere.

use crate::browser::{Browser, registration};
use crate::harness::{TestPortal, order_of, unique_email};
use domain::ErrorCode;
use domain::catalog::{Category, SimKind};
use domain::orders::schema::SimChoice;
use reqwest::Method;
use serde_json::{Value, json};

fn pointers(problem: &domain::Problem) -> Vec<(&str, &str)> {
    problem.errors.iter().map(|e| (e.pointer.as_str(), e.code.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_break_a_rule_create_nothing() {
    use ErrorCode::{CatalogChanged, Invalid, Unreadable};
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let good = serde_json::to_value(portal.sim_order().await).unwrap();
    let catalog = portal.catalog().await;
    let net = catalog.plans.iter().find(|p| p.category == Category::Internet).unwrap();
    let internet = serde_json::to_value(order_of(&catalog, net, None)).unwrap();
    let with = |base: &Value, pointer: &str, value: Value| {
        let mut order = base.clone();
        match order.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                order.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        order
    };
    let bad_eid = json!({"kind": "esim", "eid": "1".repeat(32)});
    let items: Vec<Value> = (0..6).map(|_| good["items"][0].clone()).collect();
    let cases: Vec<(Value, ErrorCode, &str, &str)> = vec![
        (with(&good, "/items/0/plan", json!("NO-SUCH-PLAN")), Invalid, "#/items/0/plan", "unknown_plan"),
        (with(&good, "/items/0/options", json!(["NO-SUCH"])), Invalid, "#/items/0/options/0", "option_not_allowed"),
        (with(&good, "/items", json!([])), Invalid, "#/items", "empty_order"),
        (with(&good, "/items", json!(items)), Invalid, "#/items", "too_many_items"),
        (with(&good, "/terms_accepted", json!(false)), Invalid, "#/terms_accepted", "terms"),
        (with(&good, "/items/0/sim", Value::Null), Invalid, "#/items/0/sim", "sim_needed"),
        (with(&good, "/items/0/sim", bad_eid), Invalid, "#/items/0/sim/", "eid"),
        (with(&good, "/items/0/sim", json!({"kind": "esim"})), Invalid, "#/items/0/sim/", "eid_needed"),
        (
            with(&internet, "/items/0/sim", json!({"kind": "physical"})),
            Invalid,
            "#/items/0/sim/kind",
            "sim_not_possible",
        ),
        (with(&internet, "/items/0/options", json!([])), Invalid, "#/items/0/options", "choose_one"),
        (with(&good, "/expected_total", json!(1)), CatalogChanged, "#/expected_total", "price_changed"),
        (with(&good, "/items/0/plan", json!(7)), Unreadable, "#/items/0/plan", "wrong_type"),
        (with(&good, "/expected_total", json!("12")), Unreadable, "#/expected_total", "wrong_type"),
        (with(&good, "/price", json!(1)), Unreadable, "#/price", "unknown_member"),
        (json!({"expected_total": 1, "terms_accepted": true}), Unreadable, "#/items", "missing"),
    ];
    for (no, (order, code, pointer, rule)) in cases.iter().enumerate() {
        let problem = browser.order(&format!("bad-{no}"), order).await.problem(*code);
        assert!(pointers(&problem).contains(&(pointer, rule)), "{pointer} {rule}: {:?}", pointers(&problem));
    }
    assert!(portal.crm_orders().is_empty(), "nothing was created upstream");
    assert_eq!(portal.count("customer_order").await, 0);
    assert_eq!(portal.count("idempotency_request").await, 0, "a broken rule does not use up the key");
    assert_eq!(browser.order("bad-0", &good).await.status, 201, "the key may carry a corrected body");
    assert_eq!(portal.crm_orders().len(), 1);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_cannot_be_read_create_nothing() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let order = portal.sim_order().await;
    let post = || browser.request(Method::POST, "/api/orders");
    let json = |body: &'static str| {
        post().header("idempotency-key", "k").header("content-type", "application/json").body(body)
    };
    for broken in ["", "{", "null", "[]", "\"text\"", "{\"items\":"] {
        Browser::send(json(broken)).await.problem(ErrorCode::Unreadable);
    }
    let typed = |media: &'static str| post().header("idempotency-key", "k").header("content-type", media).body("{}");
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        Browser::send(typed(media)).await.problem(ErrorCode::MediaTypeUnsupported);
    }
    let large = serde_json::json!({"items": [], "expected_total": 1, "terms_accepted": true, "x": "y".repeat(70_000)});
    browser.order("k", &large).await.problem(ErrorCode::TooLarge);
    Browser::send(post().json(&order)).await.problem(ErrorCode::IdempotencyKeyMissing);
    for key in ["", "with space", &"k".repeat(129)] {
        browser.order(key, &order).await.problem(ErrorCode::IdempotencyKeyMissing);
    }
    let twice = post().header("idempotency-key", "a").header("idempotency-key", "b").json(&order);
    Browser::send(twice).await.problem(ErrorCode::IdempotencyKeyMissing);
    let mut nobody = browser.clone();
    nobody.token = None;
    nobody.order("k", &order).await.problem(ErrorCode::SignInNeeded);
    assert!(portal.crm_orders().is_empty());
    assert_eq!(portal.count("idempotency_request").await, 0);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_reports_all_its_faults_at_once() {
    let portal = TestPortal::start().await;
    let mut form = registration("no-mail-address");
    form["password"] = json!("short");
    form["phone"] = json!("123");
    form["address"]["postcode"] = json!("12");
    form["family_name"] = json!(" ");
    form["terms_accepted"] = json!(false);
    let problem = portal.browser().post("/api/auth/register", &form).await.problem(ErrorCode::Invalid);
    let expected = [
        ("#/address/postcode", "postcode"),
        ("#/email", "email"),
        ("#/family_name", "required"),
        ("#/password", "password_short"),
        ("#/phone", "phone"),
        ("#/terms_accepted", "terms"),
    ];
    assert_eq!(pointers(&problem), expected);
    let mut form = registration(&unique_email());
    form["password"] = json!("Password123");
    let problem = portal.browser().post("/api/auth/register", &form).await.problem(ErrorCode::Invalid);
    assert_eq!(pointers(&problem), [("#/password", "password_common")]);
    assert_eq!(portal.count("person").await, 0);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_esim_needs_no_card_and_a_right_eid() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let catalog = portal.catalog().await;
    let plan = catalog.plans.iter().find(|p| p.category == Category::Sim).unwrap();
    // 30 digits and the two check digits that make the number 1 modulo 97 (GSMA SGP.02).
    let eid = "89049032000000000000000000000000";
    let rest = eid.bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    let eid = format!("{}{:02}", &eid[..30], 98 - rest);
    let spaced = format!("{} {}", &eid[..16], &eid[16..]);
    let order = order_of(&catalog, plan, Some(SimChoice { kind: SimKind::Esim, eid: Some(spaced), port_in: None }));
    let answer = browser.order("esim", &order).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(portal.crm_orders()[0]["EID__c"], json!(eid));
    assert!(!answer.body.contains(&eid), "the page has no use for it");
    portal.stop().await;
}
