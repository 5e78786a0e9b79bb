//! Wrong passwords make the next try wait, in every process, for accounts that exist and for those that do not.

use crate::browser::Browser;
use crate::harness::{NOW, PASSWORD, TestPortal, on_both_standing_still, unique_email};
use domain::ErrorCode;
use domain::Timestamp;
use platform::store::sign_in_guard;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;

on_both_standing_still! {
    the_wait_doubles_and_a_right_password_waits_too
    an_unknown_account_waits_like_a_known_one
    of_many_tries_at_once_three_are_looked_at
    another_process_knows_of_the_lock
    an_address_that_guesses_at_many_accounts_waits
    counters_name_nobody_and_are_forgotten
}

const WRONG: &str = "not the password";

async fn wrong_until_locked(browser: &Browser, email: &str) {
    for _ in 0..3 {
        browser.try_login(email, WRONG).await.problem(ErrorCode::CredentialsWrong);
    }
}

async fn the_wait_doubles_and_a_right_password_waits_too(portal: &TestPortal) {
    let email = unique_email();
    portal.browser().register(&email).await;
    let browser = portal.browser();
    wrong_until_locked(&browser, &email).await;
    let mut now = NOW;
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        let answer = browser.try_login(&email, PASSWORD).await;
        assert_eq!(answer.problem(ErrorCode::TooManyRequests).retry_after, Some(wait), "the right password waits");
        portal.clock.set(now.plus_millis(i64::from(wait) * 1000 - 1));
        let early = browser.try_login(&email, PASSWORD).await.problem(ErrorCode::TooManyRequests);
        assert_eq!(early.retry_after, Some(1));
        now = now.plus_seconds(i64::from(wait));
        portal.clock.set(now);
        browser.try_login(&email, WRONG).await.problem(ErrorCode::CredentialsWrong);
    }
    now = now.plus_seconds(900);
    portal.clock.set(now);
    assert_eq!(browser.try_login(&email, PASSWORD).await.status, 200);
    // All is forgiven: three tries again before the first second of waiting.
    wrong_until_locked(&browser, &email).await;
    let answer = browser.try_login(&email, PASSWORD).await;
    assert_eq!(answer.problem(ErrorCode::TooManyRequests).retry_after, Some(1));
}

async fn an_unknown_account_waits_like_a_known_one(portal: &TestPortal) {
    let (known, unknown) = (unique_email(), unique_email());
    portal.browser().register(&known).await;
    let mut told = Vec::new();
    for email in [known, unknown] {
        let mut answers = Vec::new();
        portal.clock.set(NOW);
        for at in [0, 0, 0, 0, 1, 1, 3, 3] {
            portal.clock.set(NOW.plus_seconds(at));
            let answer = portal.browser().try_login(&email, WRONG).await;
            let mut body: serde_json::Value = answer.json();
            body["request_id"] = json!("");
            answers.push((answer.status.as_u16(), answer.header("retry-after").to_owned(), body));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    let statuses: Vec<u16> = told[0].iter().map(|a| a.0).collect();
    assert_eq!(statuses, [401, 401, 401, 429, 401, 429, 401, 429]);
}

async fn of_many_tries_at_once_three_are_looked_at(portal: &TestPortal) {
    let email = unique_email();
    portal.browser().register(&email).await;
    let browser = portal.browser();
    let tries = (0..20).map(|_| browser.try_login(&email, WRONG));
    let answers = futures_util::future::join_all(tries).await;
    let looked_at = answers.iter().filter(|a| a.status == 401).count();
    let refused = answers.iter().filter(|a| a.status == 429).count();
    assert_eq!((looked_at, refused), (3, 17), "{answers:?}");
}

async fn another_process_knows_of_the_lock(portal: &TestPortal) {
    let email = unique_email();
    portal.browser().register(&email).await;
    wrong_until_locked(&portal.browser(), &email).await;
    let elsewhere = portal.neighbour();
    elsewhere.try_login(&email, PASSWORD).await.problem(ErrorCode::TooManyRequests);
    portal.clock.set(NOW.plus_seconds(1));
    assert_eq!(elsewhere.try_login(&email, PASSWORD).await.status, 200);
}

async fn an_address_that_guesses_at_many_accounts_waits(portal: &TestPortal) {
    let email = unique_email();
    portal.browser().register(&email).await;
    let login = json!({ "email": email, "password": PASSWORD });
    let browser = portal.browser();
    for _ in 0..31 {
        let guess = json!({ "email": unique_email(), "password": WRONG });
        browser.post_from("192.0.2.66", "/api/auth/login", &guess).await.problem(ErrorCode::CredentialsWrong);
    }
    let answer = browser.post_from("192.0.2.66", "/api/auth/login", &login).await;
    assert_eq!(answer.problem(ErrorCode::TooManyRequests).retry_after, Some(1));
    assert_eq!(browser.post_from("192.0.2.67", "/api/auth/login", &login).await.status, 200, "others go on");
    portal.clock.set(NOW.plus_seconds(1));
    assert_eq!(browser.post_from("192.0.2.66", "/api/auth/login", &login).await.status, 200);
    // Signing in rightly does not wash the address.
    let guess = json!({ "email": unique_email(), "password": WRONG });
    browser.post_from("192.0.2.66", "/api/auth/login", &guess).await.problem(ErrorCode::CredentialsWrong);
    let answer = browser.post_from("192.0.2.66", "/api/auth/login", &login).await;
    assert_eq!(answer.problem(ErrorCode::TooManyRequests).retry_after, Some(2));
}

async fn counters_name_nobody_and_are_forgotten(portal: &TestPortal) {
    use sha2::{Digest as _, Sha256};
    let email = unique_email();
    wrong_until_locked(&portal.browser(), &email).await;
    let conn = portal.db.conn();
    let sql = Statement::from_string(conn.get_database_backend(), "SELECT key FROM sign_in_guard");
    let keys: Vec<Vec<u8>> =
        conn.query_all_raw(sql).await.unwrap().iter().map(|row| row.try_get("", "key").unwrap()).collect();
    assert_eq!(keys.len(), 2, "one for the account, one for the address");
    for guess in [Sha256::digest(email.as_bytes()), Sha256::digest(format!("password\0{email}").as_bytes())] {
        assert!(!keys.contains(&guess.to_vec()), "a hash without a key can be guessed");
    }
    assert_eq!(sign_in_guard::sweep(conn, NOW).await.unwrap(), 0);
    let day_later: Timestamp = NOW.plus_seconds(86_400);
    assert_eq!(sign_in_guard::sweep(conn, day_later).await.unwrap(), 2);
}
