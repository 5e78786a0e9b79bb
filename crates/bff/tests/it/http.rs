//! What holds for every answer.

use crate::browser::{Answer, Browser};
use crate::harness::TestPortal;
use domain::ErrorCode;
use reqwest::Method;
use serde_json::json;

/// Headers of every response, golden: a change here is a decision.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
];

fn check(answer: &Answer, what: &str) {
    for (name, value) in HEADERS {
        assert_eq!(answer.header(name), *value, "{name} of {what}");
    }
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    assert_eq!(answer.header("server"), "", "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_the_headers_also_errors() {
    let portal = TestPortal::start().await;
    let browser = portal.browser();
    for path in [
        "/api/catalog",
        "/api/docs",
        "/api/docs/style.css",
        "/api/openapi.json",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/api/auth/me",
        "/api/nothing",
        "/nothing",
        "/api/live",
        "/api/orders/x",
    ] {
        check(&browser.get(path).await, path);
    }
    check(&browser.post("/api/auth/login", &json!({})).await, "unreadable");
    check(
        &browser.post("/api/auth/login", &json!({"email": "a@example.com", "password": "x"})).await,
        "wrong password",
    );
    let foreign = browser.request(Method::POST, "/api/auth/logout").header("sec-fetch-site", "cross-site");
    let refused = Browser::send(foreign).await;
    refused.problem(ErrorCode::OriginRefused);
    check(&refused, "refused by a layer");
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_routes_and_wrong_methods_are_problems() {
    let portal = TestPortal::start().await;
    let browser = portal.browser();
    for path in ["/api", "/api/", "/api/nothing", "/api/orders/1/2", "/health", "/health/x", "/nothing", "/a.js"] {
        browser.get(path).await.problem(ErrorCode::NotFound);
    }
    for (method, path, allow) in [
        (Method::DELETE, "/api/orders", "GET, POST"),
        (Method::PUT, "/api/auth/login", "POST"),
        (Method::GET, "/api/auth/login", "POST"),
        (Method::POST, "/api/catalog", "GET"),
        (Method::PATCH, "/api/orders/00000000-0000-4000-8000-000000000000", "GET"),
        (Method::POST, "/health/live", "GET"),
    ] {
        let answer = Browser::send(browser.request(method, path)).await;
        answer.problem(ErrorCode::MethodNotAllowed);
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_keeps_a_sane_reference() {
    let portal = TestPortal::start().await;
    let ask = |id: &str| portal.browser().request(Method::GET, "/api/nothing?secret=1").header("x-request-id", id);
    let kept = Browser::send(ask("front-0123456789")).await;
    assert_eq!(kept.problem(ErrorCode::NotFound).request_id, "front-0123456789");
    let replaced = Browser::send(ask("no good, this one")).await;
    assert_ne!(replaced.problem(ErrorCode::NotFound).request_id, "no good, this one");
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_and_metrics() {
    let portal = TestPortal::start_with(|config| config.metrics_token = Some("scraper".into())).await;
    let mut browser = portal.browser();
    assert_eq!(browser.get("/health/live").await.body, r#"{"status":"live"}"#);
    assert_eq!(browser.get("/health/ready").await.body, r#"{"status":"ready","redis":"off"}"#);
    browser.get("/metrics").await.problem(ErrorCode::NotAllowed);
    browser.token = Some("scraper".to_owned());
    browser.get("/api/orders/some-made-up-thing/x/y").await;
    let metrics = browser.get("/metrics").await.body;
    assert!(metrics.contains(r#"route="/health/ready""#), "{metrics}");
    assert!(metrics.contains("db_connections"));
    assert!(!metrics.contains("made-up"), "no label for every made-up address");
    sea_orm::ConnectionTrait::execute_unprepared(portal.db.conn(), "DELETE FROM seaql_migrations").await.unwrap();
    browser.get("/health/ready").await.problem(ErrorCode::Unavailable);
    assert_eq!(browser.get("/health/live").await.status, 200);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_database_is_unavailable_and_nothing_more_is_said() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    portal.db.conn().clone().close().await.unwrap();
    let paths = ["/api/orders", "/api/subscriptions", "/health/ready"];
    for path in paths {
        let answer = browser.get(path).await;
        let problem = answer.problem(ErrorCode::Unavailable);
        assert!(problem.retry_after.is_some() && problem.detail.is_none());
        assert!(!answer.body.to_lowercase().contains("sql") && !answer.body.contains("pool"), "{}", answer.body);
    }
    let login = json!({"email": "a@example.com", "password": "four plain words"});
    browser.post("/api/auth/login", &login).await.problem(ErrorCode::Unavailable);
    assert_eq!(browser.get("/health/live").await.status, 200);
    portal.stop().await;
}
