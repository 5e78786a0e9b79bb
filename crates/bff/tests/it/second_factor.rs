//! Authenticator apps, recovery codes, changing the password.

use crate::browser::{Answer, Browser};
use crate::harness::{NOW, PASSWORD, TestPortal, on_both_standing_still, unique_email};
use domain::ErrorCode;
use domain::auth::sign_in::{LoginOutcome, SecondFactor, Security, TotpSecret};
use domain::auth::{Factor, LoginReply};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

on_both_standing_still! {
    an_app_is_switched_on_by_its_first_code
    the_code_follows_the_password
    a_code_counts_once_even_twice_at_once
    a_recovery_code_counts_once_even_twice_at_once
    a_second_step_ends
    a_challenge_takes_only_its_own_persons_codes
    wrong_codes_lock_the_codes_and_not_the_password
    switching_off_asks_for_password_and_code
    new_recovery_codes_replace_the_old
    the_secret_is_not_readable_in_the_database
    a_new_password_ends_the_other_sessions
}

/// What the app on the phone shows.
pub struct App(Secret);

impl App {
    pub fn code(&self, portal: &TestPortal) -> String {
        self.code_at(portal, 0)
    }

    /// The code of so many steps later.
    pub fn code_at(&self, portal: &TestPortal, steps: i64) -> String {
        let totp = Builder::new().with_secret(self.0.as_bytes().to_vec()).build().unwrap();
        totp.generate(u64::try_from(portal.clock.now().millis() / 1000 + 30 * steps).unwrap()).to_string()
    }
}

pub async fn security(browser: &Browser) -> Security {
    browser.get("/api/account/security").await.json()
}

/// Switches an app on and lets its first step pass.
pub async fn switch_on(portal: &TestPortal, browser: &Browser) -> (App, Vec<String>) {
    let started: TotpSecret = browser.post("/api/account/totp/start", &json!({})).await.json();
    let app = App(Secret::try_from_base32(&started.secret).unwrap());
    let answer = browser.post("/api/account/totp/confirm", &json!({ "code": app.code(portal) })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let codes: Value = answer.json();
    let codes = codes["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    portal.clock.set(portal.clock.now().plus_seconds(60));
    (app, codes)
}

/// Gives the right password of somebody who has a second factor.
pub async fn challenge(portal: &TestPortal, email: &str) -> SecondFactor {
    let answer = portal.browser().try_login(email, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.set_cookie(), None, "no session yet");
    match answer.json::<LoginReply>().outcome() {
        Some(LoginOutcome::SecondFactor(second)) => second,
        _ => panic!("{}", answer.body),
    }
}

pub async fn give(portal: &TestPortal, second: &SecondFactor, code: &str) -> Answer {
    portal.browser().post("/api/auth/login/code", &json!({ "challenge": second.challenge, "code": code })).await
}

pub async fn person(portal: &TestPortal) -> (Browser, String) {
    let (mut browser, email) = (portal.browser(), unique_email());
    browser.register(&email).await;
    (browser, email)
}

/// What was mailed because of an act on the second factor or the password.
const MAILS: &str =
    "SELECT template AS text FROM mail WHERE template NOT IN ('confirm_sign_up', 'new_device') ORDER BY id";

async fn texts(portal: &TestPortal, sql: &str) -> Vec<String> {
    let conn = portal.db.conn();
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "text").unwrap()).collect()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut all: Vec<u16> = answers.iter().map(|a| a.status.as_u16()).collect();
    all.sort_unstable();
    all
}

async fn an_app_is_switched_on_by_its_first_code(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    assert!(!security(&browser).await.totp_on);
    browser
        .post("/api/account/totp/confirm", &json!({ "code": "123456" }))
        .await
        .problem(ErrorCode::SecondFactorChanged);
    let started: TotpSecret = browser.post("/api/account/totp/start", &json!({})).await.json();
    assert!(started.uri.starts_with("otpauth://totp/localhost:customer-"), "{}", started.uri);
    let wrong = browser.post("/api/account/totp/confirm", &json!({ "code": "000000" })).await;
    assert_eq!(wrong.problem(ErrorCode::Invalid).errors[0].code, "code_wrong");
    assert!(!security(&browser).await.totp_on);
    assert!(portal.browser().try_login(&email, PASSWORD).await.set_cookie().is_some(), "nothing is on yet");
    let (_, codes) = switch_on(portal, &browser).await;
    let now = security(&browser).await;
    assert!(now.totp_on && now.recovery_codes_left == 10 && codes.len() == 10);
    browser.post("/api/account/totp/start", &json!({})).await.problem(ErrorCode::SecondFactorChanged);
}

async fn the_code_follows_the_password(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (app, _) = switch_on(portal, &browser).await;
    let second = challenge(portal, &email).await;
    assert_eq!(second.factors, [Factor::Totp, Factor::Recovery]);
    assert_eq!(second.expires_in, 300);
    give(portal, &second, "000000").await.problem(ErrorCode::CodeWrong);
    let answer = give(portal, &second, &app.code(portal)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut signed_in = portal.browser();
    let reply = signed_in.keep(&answer);
    assert_eq!(reply.me.email.reveal(), &email);
    assert_eq!(signed_in.get("/api/auth/me").await.status, 200);
    give(portal, &second, &app.code_at(portal, 1)).await.problem(ErrorCode::ChallengeEnded);
    let wrong = portal.browser().try_login(&email, "not the password").await;
    wrong.problem(ErrorCode::CredentialsWrong);
}

async fn a_code_counts_once_even_twice_at_once(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (app, _) = switch_on(portal, &browser).await;
    let (a, b) = (challenge(portal, &email).await, challenge(portal, &email).await);
    let code = app.code(portal);
    let answers = [tokio::join!(give(portal, &a, &code), give(portal, &b, &code))];
    let [(first, second)] = answers;
    assert_eq!(statuses(&[first, second]), [200, 401]);
    let again = challenge(portal, &email).await;
    give(portal, &again, &code).await.problem(ErrorCode::CodeWrong);
    give(portal, &again, &app.code_at(portal, -1)).await.problem(ErrorCode::CodeWrong);
    // Three wrong codes, with the one of the race, wait a second.
    portal.clock.set(portal.clock.now().plus_seconds(1));
    assert_eq!(give(portal, &again, &app.code_at(portal, 1)).await.status, 200, "a phone that is ahead");
    // One sign-in, two right codes at once: one session.
    portal.clock.set(portal.clock.now().plus_seconds(120));
    let one = challenge(portal, &email).await;
    let (now, next) = (app.code(portal), app.code_at(portal, 1));
    let (first, second) = tokio::join!(give(portal, &one, &now), give(portal, &one, &next));
    assert_eq!(statuses(&[first, second]), [200, 401]);
}

async fn a_recovery_code_counts_once_even_twice_at_once(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (_, codes) = switch_on(portal, &browser).await;
    let (a, b) = (challenge(portal, &email).await, challenge(portal, &email).await);
    let typed = codes[0].to_uppercase().replace('-', " ");
    let (first, second) = tokio::join!(give(portal, &a, &typed), give(portal, &b, &typed));
    assert_eq!(statuses(&[first, second]), [200, 401]);
    assert_eq!(security(&browser).await.recovery_codes_left, 9);
    let used = texts(portal, "SELECT kind AS text FROM domain_event WHERE kind = 'second_factor_changed'").await;
    assert_eq!(used.len(), 2, "switched on, and a recovery code was used");
    let mails = texts(portal, MAILS).await;
    assert_eq!(mails, ["second_factor_changed", "second_factor_changed"]);
}

async fn a_second_step_ends(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (app, codes) = switch_on(portal, &browser).await;
    let second = challenge(portal, &email).await;
    portal.clock.set(portal.clock.now().plus_seconds(300));
    give(portal, &second, &app.code(portal)).await.problem(ErrorCode::ChallengeEnded);
    let tried = challenge(portal, &email).await;
    for _ in 0..5 {
        portal.clock.set(portal.clock.now().plus_seconds(20));
        give(portal, &tried, "abcdef-abcdef-abcdef-abcdef").await.problem(ErrorCode::CodeWrong);
    }
    portal.clock.set(portal.clock.now().plus_seconds(20));
    give(portal, &tried, &codes[0]).await.problem(ErrorCode::ChallengeEnded);
    give(portal, &SecondFactor { challenge: "unknown".into(), ..second }, "123456")
        .await
        .problem(ErrorCode::ChallengeEnded);
}

async fn a_challenge_takes_only_its_own_persons_codes(portal: &TestPortal) {
    let (mika, mikas_email) = person(portal).await;
    let (thief, _) = person(portal).await;
    switch_on(portal, &mika).await;
    let (app, codes) = switch_on(portal, &thief).await;
    let second = challenge(portal, &mikas_email).await;
    give(portal, &second, &app.code(portal)).await.problem(ErrorCode::CodeWrong);
    give(portal, &second, &codes[0]).await.problem(ErrorCode::CodeWrong);
    assert_eq!(security(&thief).await.recovery_codes_left, 10);
}

async fn wrong_codes_lock_the_codes_and_not_the_password(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (app, _) = switch_on(portal, &browser).await;
    let second = challenge(portal, &email).await;
    for _ in 0..3 {
        give(portal, &second, "000000").await.problem(ErrorCode::CodeWrong);
    }
    let right = app.code(portal);
    let locked = give(portal, &second, &right).await.problem(ErrorCode::TooManyRequests);
    assert_eq!(locked.retry_after, Some(1), "a right code waits too");
    let elsewhere = challenge(portal, &email).await;
    give(portal, &elsewhere, &right).await.problem(ErrorCode::TooManyRequests);
    portal.clock.set(portal.clock.now().plus_seconds(1));
    assert_eq!(give(portal, &elsewhere, &app.code(portal)).await.status, 200);
}

async fn switching_off_asks_for_password_and_code(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let off = "/api/account/totp/off";
    browser.post(off, &json!({ "password": PASSWORD, "code": "123456" })).await.problem(ErrorCode::SecondFactorChanged);
    let (app, codes) = switch_on(portal, &browser).await;
    let code = app.code(portal);
    let wrong = browser.post(off, &json!({ "password": "not the password", "code": code })).await;
    assert_eq!(wrong.problem(ErrorCode::Invalid).errors[0].pointer, "#/password");
    let wrong = browser.post(off, &json!({ "password": PASSWORD, "code": "000000" })).await;
    assert_eq!(wrong.problem(ErrorCode::Invalid).errors[0].pointer, "#/code");
    assert!(security(&browser).await.totp_on);
    assert_eq!(
        browser.post(off, &json!({ "password": PASSWORD, "code": codes[3] })).await.status,
        204,
        "the phone is lost"
    );
    let now = security(&browser).await;
    assert!(!now.totp_on && now.recovery_codes_left == 0);
    portal.browser().login(&email, PASSWORD).await;
}

async fn new_recovery_codes_replace_the_old(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    browser.post("/api/account/recovery-codes", &json!({})).await.problem(ErrorCode::SecondFactorChanged);
    let (_, old) = switch_on(portal, &browser).await;
    let new: Value = browser.post("/api/account/recovery-codes", &json!({})).await.json();
    let second = challenge(portal, &email).await;
    give(portal, &second, &old[0]).await.problem(ErrorCode::CodeWrong);
    assert_eq!(give(portal, &second, new["recovery_codes"][0].as_str().unwrap()).await.status, 200);
}

async fn the_secret_is_not_readable_in_the_database(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    let (app, codes) = switch_on(portal, &browser).await;
    let conn = portal.db.conn();
    for (sql, secret) in [
        ("SELECT secret AS bytes FROM totp_secret", app.0.as_bytes().to_vec()),
        ("SELECT hash AS bytes FROM recovery_code", codes[0].as_bytes().to_vec()),
    ] {
        let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let stored: Vec<u8> = row.try_get("", "bytes").unwrap();
            assert!(!stored.windows(8).any(|w| secret.windows(8).any(|s| s == w)));
        }
    }
}

async fn a_new_password_ends_the_other_sessions(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let mut elsewhere = portal.browser();
    elsewhere.login(&email, PASSWORD).await;
    let path = "/api/account/password";
    let new = "four other plain words";
    let wrong = browser.post(path, &json!({ "current": "not the password", "new": new })).await;
    assert_eq!(wrong.problem(ErrorCode::Invalid).errors[0].pointer, "#/current");
    for (bad, code) in [("password123", "password_common"), ("short", "password_short"), (PASSWORD, "password_same")] {
        let answer = browser.post(path, &json!({ "current": PASSWORD, "new": bad })).await;
        let problem = answer.problem(ErrorCode::Invalid);
        assert_eq!((problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()), ("#/new", code));
    }
    assert_eq!(security(&browser).await.password_changed_at, None);
    assert_eq!(browser.post(path, &json!({ "current": PASSWORD, "new": new })).await.status, 204);
    elsewhere.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    elsewhere.refresh().await.problem(ErrorCode::SessionEnded);
    assert_eq!(browser.get("/api/auth/me").await.status, 200, "the one who changed it stays");
    portal.browser().try_login(&email, PASSWORD).await.problem(ErrorCode::CredentialsWrong);
    portal.browser().login(&email, new).await;
    assert_eq!(security(&browser).await.password_changed_at, Some(NOW));
    let facts = texts(portal, "SELECT kind AS text FROM domain_event WHERE kind = 'password_changed'").await;
    assert_eq!(facts.len(), 1);
    assert_eq!(texts(portal, MAILS).await, ["password_changed"]);
}
