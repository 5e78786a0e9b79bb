//! Passkeys: made, used alone, as second factor and to show again who one is; and every way to get it wrong.

use crate::authenticator::Authenticator;
use crate::browser::{Answer, Browser};
use crate::harness::{NOW, PASSWORD, TestPortal, on_both_standing_still};
use crate::second_factor::{challenge, give, person, security, switch_on};
use domain::ErrorCode;
use domain::auth::Factor;
use domain::auth::sign_in::PasskeyAdded;
use serde_json::{Value, json};

on_both_standing_still! {
    a_passkey_signs_in_alone
    a_passkey_is_a_second_factor
    a_passkey_shows_again_who_one_is
    an_answer_counts_once_even_twice_at_once
    answers_that_do_not_fit_are_refused
    questions_are_answered_where_and_when_they_were_asked
    passkeys_of_others_do_not_exist
    the_last_passkey_takes_the_recovery_codes_with_it
}

const START: &str = "/api/auth/passkey/start";
const FINISH: &str = "/api/auth/passkey/finish";

fn origin(portal: &TestPortal) -> String {
    portal.url.replace("127.0.0.1", "localhost")
}

async fn ask(browser: &Browser, path: &str, form: &Value) -> Value {
    let answer = browser.post(path, form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

async fn add(portal: &TestPortal, browser: &Browser) -> (Authenticator, PasskeyAdded) {
    let mut device = Authenticator::new(&origin(portal));
    let asked = ask(browser, "/api/account/passkeys/start", &json!({})).await;
    let credential = device.create(&asked["options"]);
    let form = json!({ "ceremony": asked["ceremony"], "credential": credential, "name": " Phone " });
    let answer = browser.post("/api/account/passkeys/finish", &form).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    browser.post("/api/account/passkeys/finish", &form).await.problem(ErrorCode::ChallengeEnded);
    (device, answer.json())
}

async fn finish(browser: &Browser, asked: &Value, credential: &Value) -> Answer {
    browser.post(FINISH, &json!({ "ceremony": asked["ceremony"], "credential": credential })).await
}

async fn a_passkey_signs_in_alone(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (mut device, added) = add(portal, &browser).await;
    assert_eq!(added.recovery_codes.len(), 10, "the first second factor comes with recovery codes");
    let mut fresh = portal.browser();
    let asked = ask(&fresh, START, &json!({})).await;
    assert_eq!(asked["options"]["publicKey"]["allowCredentials"], json!([]), "nobody is named");
    portal.clock.set(NOW.plus_seconds(5));
    let credential = device.get(&asked["options"]);
    let answer = finish(&fresh, &asked, &credential).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(fresh.keep(&answer).me.email.reveal(), &email);
    let listed = security(&browser).await.passkeys;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.reveal().as_str(), listed[0].created_at), ("Phone", NOW));
    assert_eq!(listed[0].last_used_at, Some(NOW.plus_seconds(5)));
    let (_, second) = add(portal, &browser).await;
    assert!(second.recovery_codes.is_empty());
}

async fn a_passkey_is_a_second_factor(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (mut device, added) = add(portal, &browser).await;
    let second = challenge(portal, &email).await;
    assert_eq!(second.factors, [Factor::Recovery, Factor::Passkey]);
    let asked = ask(&portal.browser(), START, &json!({ "challenge": second.challenge })).await;
    assert_eq!(asked["options"]["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    let credential = device.get(&asked["options"]);
    assert_eq!(finish(&portal.browser(), &asked, &credential).await.status, 200);
    give(portal, &second, &added.recovery_codes[0]).await.problem(ErrorCode::ChallengeEnded);
    // Somebody else's passkey does not answer for this person.
    let (thief, _) = person(portal).await;
    let (mut other, _) = add(portal, &thief).await;
    let again = challenge(portal, &email).await;
    let asked = ask(&portal.browser(), START, &json!({ "challenge": again.challenge })).await;
    let credential = other.get(&asked["options"]);
    finish(&portal.browser(), &asked, &credential).await.problem(ErrorCode::PasskeyRefused);
    assert_eq!(give(portal, &again, &added.recovery_codes[0]).await.status, 200, "the lost phone's way in");
    portal.browser().post(START, &json!({ "challenge": again.challenge })).await.problem(ErrorCode::ChallengeEnded);
}

async fn a_passkey_shows_again_who_one_is(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let none = browser.post("/api/auth/verify/passkey/start", &json!({})).await;
    assert_eq!(none.problem(ErrorCode::VerificationNeeded).methods, [Factor::Password]);
    let (mut device, _) = add(portal, &browser).await;
    portal.clock.set(NOW.plus_seconds(700));
    let needed = browser.post("/api/account/passkeys/start", &json!({})).await;
    assert_eq!(needed.problem(ErrorCode::VerificationNeeded).methods, [Factor::Recovery, Factor::Passkey]);
    let asked = ask(&browser, "/api/auth/verify/passkey/start", &json!({})).await;
    let credential = device.get(&asked["options"]);
    let form = json!({ "ceremony": asked["ceremony"], "credential": credential });
    // Neither another session nor a sign-in may use the answer.
    let (mut other, _) = person(portal).await;
    other.post("/api/auth/verify/passkey/finish", &form).await.problem(ErrorCode::ChallengeEnded);
    let asked = ask(&browser, "/api/auth/verify/passkey/start", &json!({})).await;
    let credential = device.get(&asked["options"]);
    finish(&portal.browser(), &asked, &credential).await.problem(ErrorCode::ChallengeEnded);
    let asked = ask(&browser, "/api/auth/verify/passkey/start", &json!({})).await;
    let credential = device.get(&asked["options"]);
    let form = json!({ "ceremony": asked["ceremony"], "credential": credential });
    assert_eq!(browser.post("/api/auth/verify/passkey/finish", &form).await.status, 204);
    assert_eq!(browser.post("/api/account/passkeys/start", &json!({})).await.status, 200);
    other.token = None;
    assert_ne!(email, "");
}

async fn an_answer_counts_once_even_twice_at_once(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    let (mut device, _) = add(portal, &browser).await;
    let fresh = portal.browser();
    let asked = ask(&fresh, START, &json!({})).await;
    let credential = device.get(&asked["options"]);
    let (first, second) = tokio::join!(finish(&fresh, &asked, &credential), finish(&fresh, &asked, &credential));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    finish(&fresh, &asked, &credential).await.problem(ErrorCode::ChallengeEnded);
    // The old answer to a new question.
    let another = ask(&fresh, START, &json!({})).await;
    finish(&fresh, &another, &credential).await.problem(ErrorCode::PasskeyRefused);
}

async fn answers_that_do_not_fit_are_refused(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    let (mut device, _) = add(portal, &browser).await;
    let fresh = portal.browser();
    let refused = async |credential: Value, asked: &Value| {
        let answer = finish(&portal.browser(), asked, &credential).await;
        answer.problem(ErrorCode::PasskeyRefused);
        assert_eq!(answer.set_cookie(), None);
    };
    let asked = ask(&fresh, START, &json!({})).await;
    refused(json!({}), &asked).await;
    let asked = ask(&fresh, START, &json!({})).await;
    let mut credential = device.get(&asked["options"]);
    credential["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    refused(credential, &asked).await;
    let asked = ask(&fresh, START, &json!({})).await;
    let mut credential = device.get(&asked["options"]);
    let signature = credential["response"]["signature"].as_str().unwrap().replace('A', "B").replacen('M', "N", 1);
    credential["response"]["signature"] = json!(format!("{}QQ", &signature[..signature.len() - 2]));
    refused(credential, &asked).await;
    device.verifies = false;
    let asked = ask(&fresh, START, &json!({})).await;
    refused(device.get(&asked["options"]), &asked).await;
    device.verifies = true;
    device.counter = 0;
    let asked = ask(&fresh, START, &json!({})).await;
    refused(device.get(&asked["options"]), &asked).await;
    // A page of another site that looks the same.
    let (victim, _) = person(portal).await;
    let mut phished = Authenticator::new("https://portal.example.evil");
    let asked = ask(&victim, "/api/account/passkeys/start", &json!({})).await;
    let credential = phished.create(&asked["options"]);
    let form = json!({ "ceremony": asked["ceremony"], "credential": credential, "name": "Phone" });
    victim.post("/api/account/passkeys/finish", &form).await.problem(ErrorCode::PasskeyRefused);
    assert!(security(&victim).await.passkeys.is_empty());
}

async fn questions_are_answered_where_and_when_they_were_asked(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    let (mut device, _) = add(portal, &browser).await;
    let asked = ask(&portal.browser(), START, &json!({})).await;
    let credential = device.get(&asked["options"]);
    portal.clock.set(NOW.plus_seconds(300));
    finish(&portal.browser(), &asked, &credential).await.problem(ErrorCode::ChallengeEnded);
    // Another process may take the answer.
    let asked = ask(&portal.browser(), START, &json!({})).await;
    let credential = device.get(&asked["options"]);
    let elsewhere = portal.neighbour();
    let answer = finish(&elsewhere, &asked, &credential).await;
    // Its own address is another site to the authenticator, so it refuses; but it knows the question, and takes it away.
    answer.problem(ErrorCode::PasskeyRefused);
    finish(&portal.browser(), &asked, &credential).await.problem(ErrorCode::ChallengeEnded);
    // A passkey made for one person is not kept for another.
    let (thief, _) = person(portal).await;
    let mut new = Authenticator::new(&origin(portal));
    let asked = ask(&browser, "/api/account/passkeys/start", &json!({})).await;
    let form = json!({ "ceremony": asked["ceremony"], "credential": new.create(&asked["options"]), "name": "Phone" });
    thief.post("/api/account/passkeys/finish", &form).await.problem(ErrorCode::ChallengeEnded);
    assert!(security(&thief).await.passkeys.is_empty());
    // The same credential twice.
    let asked = ask(&browser, "/api/account/passkeys/start", &json!({})).await;
    let form =
        json!({ "ceremony": asked["ceremony"], "credential": device.create(&asked["options"]), "name": "Phone" });
    browser.post("/api/account/passkeys/finish", &form).await.problem(ErrorCode::PasskeyRefused);
}

async fn passkeys_of_others_do_not_exist(portal: &TestPortal) {
    let (browser, _) = person(portal).await;
    let (_, added) = add(portal, &browser).await;
    let path = format!("/api/account/passkeys/{}", added.passkey.id);
    let (other, _) = person(portal).await;
    other.patch(&path, &json!({ "name": "Mine" })).await.problem(ErrorCode::NotFound);
    other.delete(&path).await.problem(ErrorCode::NotFound);
    assert_eq!(browser.patch(&path, &json!({ "name": "Work phone" })).await.status, 204);
    assert_eq!(security(&browser).await.passkeys[0].name.reveal(), "Work phone");
    browser.patch(&path, &json!({ "name": " " })).await.problem(ErrorCode::Invalid);
}

async fn the_last_passkey_takes_the_recovery_codes_with_it(portal: &TestPortal) {
    let (browser, email) = person(portal).await;
    let (mut device, added) = add(portal, &browser).await;
    let path = format!("/api/account/passkeys/{}", added.passkey.id);
    assert_eq!(browser.delete(&path).await.status, 204);
    browser.delete(&path).await.problem(ErrorCode::NotFound);
    assert_eq!(security(&browser).await.recovery_codes_left, 0);
    portal.browser().login(&email, PASSWORD).await;
    let asked = ask(&portal.browser(), START, &json!({})).await;
    let credential = device.get(&asked["options"]);
    finish(&portal.browser(), &asked, &credential).await.problem(ErrorCode::PasskeyRefused);
    // With an app beside it, they stay.
    let (_, added) = add(portal, &browser).await;
    switch_on(portal, &browser).await;
    let path = format!("/api/account/passkeys/{}", added.passkey.id);
    assert_eq!(browser.delete(&path).await.status, 204);
    assert_eq!(security(&browser).await.recovery_codes_left, 10);
}
