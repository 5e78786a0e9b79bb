//! Signing up, in, on and out.

use crate::browser::{Answer, registration};
use crate::harness::{PASSWORD, TestPortal, on_both, unique_email};
use domain::auth::Me;
use domain::{ErrorCode, Timestamp};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

on_both! {
    a_new_customer_is_signed_in
    a_mail_address_has_one_account
    a_wrong_password_and_an_unknown_address_look_the_same
    a_refresh_token_moves_on
    tabs_that_refresh_together_get_the_same_successor
    signing_out_ends_the_access_token
}

async fn a_new_customer_is_signed_in(portal: &TestPortal) {
    let email = unique_email();
    let mut browser = portal.browser();
    let reply = browser.register(&email.to_uppercase()).await;
    assert_eq!(reply.expires_in, 900);
    assert_eq!(reply.me.email.reveal(), &email);
    let number = reply.me.customer_number.clone().unwrap();
    assert!(number.starts_with("C-2"), "{number}");
    let me: Me = browser.get("/api/auth/me").await.json();
    assert_eq!(me, reply.me);
    let again = portal.browser().login(&format!("  {email} "), PASSWORD).await;
    assert_eq!(again.me.customer_id, me.customer_id);
    assert!(portal.crm_orders().is_empty());
    assert!(portal.world().calls().is_empty(), "sign-up and sign-in work without any upstream");
}

async fn a_mail_address_has_one_account(portal: &TestPortal) {
    let email = unique_email();
    portal.browser().register(&email).await;
    let answer = portal.browser().post("/api/auth/register", &registration(&email)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, "{}"), "who asks is not told");
    assert_eq!(portal.count("customer").await, 1);
}

async fn a_wrong_password_and_an_unknown_address_look_the_same(portal: &TestPortal) {
    let email = unique_email();
    portal.browser().register(&email).await;
    let tries = [(email, "not the password"), (unique_email(), PASSWORD)];
    let mut bodies = Vec::new();
    for (email, password) in tries {
        let answer = portal.browser().post("/api/auth/login", &json!({"email": email, "password": password})).await;
        let mut problem = answer.problem(ErrorCode::CredentialsWrong);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        problem.request_id = String::new();
        bodies.push(problem);
    }
    assert_eq!(bodies[0], bodies[1]);
}

async fn a_refresh_token_moves_on(portal: &TestPortal) {
    let mut browser = portal.customer().await;
    let first = browser.cookie.clone();
    let reply = browser.refresh_and_keep().await;
    assert_ne!(browser.cookie, first);
    let me: Me = browser.get("/api/auth/me").await.json();
    assert_eq!(me, reply.me);
    portal.browser().refresh().await.problem(ErrorCode::SignInNeeded);
}

async fn tabs_that_refresh_together_get_the_same_successor(portal: &TestPortal) {
    let browser = portal.customer().await;
    let answers: Vec<Answer> = futures_util::future::join_all((0..8).map(|_| browser.refresh())).await;
    let cookies: Vec<_> = answers.iter().map(Answer::set_cookie).collect();
    assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
    assert!(cookies.iter().all(|c| *c == cookies[0] && c.is_some()), "{cookies:?}");
}

async fn signing_out_ends_the_access_token(portal: &TestPortal) {
    let browser = portal.customer().await;
    assert_eq!(browser.get("/api/auth/me").await.status, 200);
    let answer = browser.post("/api/auth/logout", &json!({})).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{}", answer.header("set-cookie"));
    browser.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    browser.refresh().await.problem(ErrorCode::SessionEnded);
    assert_eq!(browser.post("/api/auth/logout", &json!({})).await.status, 204, "signing out twice is fine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ended_by_another_process_ends_here_within_five_seconds() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    assert_eq!(browser.get("/api/auth/me").await.status, 200);
    let sql = "UPDATE session SET ended_at = 1, end_reason = 'elsewhere'";
    sea_orm::ConnectionTrait::execute_unprepared(portal.db.conn(), sql).await.unwrap();
    let ended = async {
        while browser.get("/api/auth/me").await.status == 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("known within five seconds");
    browser.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    portal.stop().await;
}

const NOW: Timestamp = Timestamp(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parent_of_a_refresh_token_has_ten_seconds() {
    let portal = TestPortal::start_at(NOW).await;
    let browser = portal.customer().await;
    let successor = browser.refresh().await.set_cookie().unwrap();
    portal.clock.set(NOW.plus_seconds(10));
    assert_eq!(browser.refresh().await.set_cookie().as_ref(), Some(&successor), "a lost answer is given again");
    portal.clock.set(NOW.plus_millis(10_001));
    let answer = browser.refresh().await;
    answer.problem(ErrorCode::SessionReused);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    let mut honest = browser.clone();
    honest.cookie = Some(successor);
    honest.refresh().await.problem(ErrorCode::SessionReused);
    browser.get("/api/auth/me").await.problem(ErrorCode::SessionReused);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_never_given_out_ends_the_family() {
    let portal = TestPortal::start().await;
    let mut browser = portal.customer().await;
    let (name, value) =
        browser.cookie.clone().unwrap().split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap();
    let id = value.split_once('.').unwrap().0.to_owned();
    let good = browser.cookie.replace(format!("{name}={id}.{}", "A".repeat(43)));
    browser.refresh().await.problem(ErrorCode::SessionReused);
    browser.cookie = good;
    browser.refresh().await.problem(ErrorCode::SessionReused);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_ends_after_fifteen_minutes_and_the_session_after_seven_days() {
    let portal = TestPortal::start_at(NOW).await;
    let mut browser = portal.customer().await;
    portal.clock.set(NOW.plus_seconds(899));
    assert_eq!(browser.get("/api/auth/me").await.status, 200);
    portal.clock.set(NOW.plus_seconds(900));
    browser.get("/api/auth/me").await.problem(ErrorCode::SignInNeeded);
    for days in [2, 4, 6] {
        portal.clock.set(NOW.plus_seconds(days * 86_400));
        browser.refresh_and_keep().await;
    }
    portal.clock.set(NOW.plus_seconds(7 * 86_400));
    browser.refresh().await.problem(ErrorCode::SessionEnded);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_account_can_be_tried_only_so_often() {
    let portal = TestPortal::start_with(|config| config.rates.login_per_account = 3).await;
    let email = unique_email();
    portal.browser().register(&email).await;
    let wrong = json!({"email": email, "password": "not the password"});
    for left in [2, 1, 0] {
        let answer = portal.browser().post("/api/auth/login", &wrong).await;
        answer.problem(ErrorCode::CredentialsWrong);
        assert!(
            answer.header("ratelimit").contains(&format!("\"account\";r={left};")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let answer = portal.browser().post("/api/auth/login", &wrong).await;
    let problem = answer.problem(ErrorCode::TooManyRequests);
    assert!(problem.retry_after.is_some_and(|s| (1..=60).contains(&s)));
    assert!(answer.header("ratelimit-policy").ends_with("\"account\";q=3;w=60"));
    let other = json!({"email": unique_email(), "password": "not the password"});
    portal.browser().post("/api/auth/login", &other).await.problem(ErrorCode::CredentialsWrong);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_nobody_are_refused() {
    let portal = TestPortal::start().await;
    let mut browser = portal.browser();
    browser.get("/api/auth/me").await.problem(ErrorCode::SignInNeeded);
    for bad in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        browser.token = Some(bad.to_owned());
        browser.get("/api/auth/me").await.problem(ErrorCode::SignInNeeded);
    }
    browser.token = None;
    let basic = browser.request(Method::GET, "/api/auth/me").basic_auth("a", Some("b"));
    crate::browser::Browser::send(basic).await.problem(ErrorCode::SignInNeeded);
    portal.stop().await;
}
