//! Asking again before an act that matters.

use crate::browser::{Answer, Browser};
use crate::harness::{NOW, PASSWORD, TestPortal, on_both_standing_still};
use crate::second_factor::{person, switch_on};
use domain::ErrorCode;
use domain::auth::Factor;
use serde_json::json;

on_both_standing_still! {
    ten_minutes_after_sign_in_one_is_asked_again
    what_one_session_shows_counts_in_every_process_and_for_no_other_session
    with_a_second_factor_the_password_does_not_do
    wrong_answers_lock
}

const VERIFY: &str = "/api/auth/verify";

/// Every act of this part that needs it.
async fn acts(browser: &Browser) -> Vec<Answer> {
    let form = json!({});
    let id = platform::clock::random_id();
    vec![
        browser.post("/api/account/password", &json!({ "current": PASSWORD, "new": "four other plain words" })).await,
        browser.post("/api/account/totp/start", &form).await,
        browser.post("/api/account/totp/confirm", &json!({ "code": "123456" })).await,
        browser.post("/api/account/recovery-codes", &form).await,
        browser.post("/api/account/passkeys/start", &form).await,
        browser
            .post("/api/account/passkeys/finish", &json!({ "ceremony": "x", "credential": {}, "name": "Phone" }))
            .await,
        browser.delete(&format!("/api/account/passkeys/{id}")).await,
    ]
}

async fn ten_minutes_after_sign_in_one_is_asked_again(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    portal.clock.set(NOW.plus_millis(599_999));
    assert_eq!(browser.post("/api/account/totp/start", &json!({})).await.status, 200);
    portal.clock.set(NOW.plus_seconds(600));
    for answer in acts(&browser).await {
        let problem = answer.problem(ErrorCode::VerificationNeeded);
        assert_eq!(problem.methods, [Factor::Password]);
    }
    assert_eq!(browser.get("/api/account/security").await.status, 200, "looking needs nothing");
    let wrong = browser.post(VERIFY, &json!({ "password": "not the password" })).await;
    assert_eq!(wrong.problem(ErrorCode::Invalid).errors[0].code, "password_wrong");
    browser.post("/api/account/totp/start", &json!({})).await.problem(ErrorCode::VerificationNeeded);
    assert_eq!(browser.post(VERIFY, &json!({ "password": PASSWORD })).await.status, 204);
    assert_eq!(browser.post("/api/account/totp/start", &json!({})).await.status, 200);
    portal.browser().post(VERIFY, &json!({ "password": PASSWORD })).await.problem(ErrorCode::SignInNeeded);
}

async fn what_one_session_shows_counts_in_every_process_and_for_no_other_session(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let mut other = portal.browser();
    other.login(&email, PASSWORD).await;
    let mut elsewhere = portal.neighbour();
    elsewhere.token.clone_from(&browser.token);
    portal.clock.set(NOW.plus_seconds(600));
    elsewhere.post("/api/account/totp/start", &json!({})).await.problem(ErrorCode::VerificationNeeded);
    assert_eq!(browser.post(VERIFY, &json!({ "password": PASSWORD })).await.status, 204);
    assert_eq!(elsewhere.post("/api/account/totp/start", &json!({})).await.status, 200);
    other.post("/api/account/totp/start", &json!({})).await.problem(ErrorCode::VerificationNeeded);
}

async fn with_a_second_factor_the_password_does_not_do(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    let (app, codes) = switch_on(portal, &browser).await;
    portal.clock.set(NOW.plus_seconds(800));
    let asked = browser.post(VERIFY, &json!({ "password": PASSWORD })).await;
    assert_eq!(asked.problem(ErrorCode::VerificationNeeded).methods, [Factor::Totp, Factor::Recovery]);
    let code = app.code(portal);
    assert_eq!(browser.post(VERIFY, &json!({ "code": code })).await.status, 204);
    assert_eq!(browser.post("/api/account/recovery-codes", &json!({})).await.status, 200);
    let again = browser.post(VERIFY, &json!({ "code": code })).await;
    assert_eq!(again.problem(ErrorCode::Invalid).errors[0].code, "code_wrong", "each code once");
    let old = browser.post(VERIFY, &json!({ "code": codes[0] })).await;
    old.problem(ErrorCode::Invalid);
    let (plain, _) = person(portal).await;
    let none = plain.post(VERIFY, &json!({ "code": "123456" })).await;
    assert_eq!(none.problem(ErrorCode::VerificationNeeded).methods, [Factor::Password]);
}

async fn wrong_answers_lock(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    for _ in 0..3 {
        browser.post(VERIFY, &json!({ "password": "not the password" })).await.problem(ErrorCode::Invalid);
    }
    let locked = browser.post(VERIFY, &json!({ "password": PASSWORD })).await.problem(ErrorCode::TooManyRequests);
    assert_eq!(locked.retry_after, Some(1));
    // A stolen session is no way around the counter of the account.
    portal.browser().try_login(&email, PASSWORD).await.problem(ErrorCode::TooManyRequests);
}
