//! T20: a family of refresh tokens, with two processes on one database that tell each other nothing, and the rotation of
//! keys while both run.

use crate::browser::{Answer, Browser};
use crate::harness::{Bff, TestPortal, on_both};
use domain::auth::Me;
use domain::{ErrorCode, Timestamp};
use sea_orm::ConnectionTrait as _;
use std::time::{Duration, Instant};

on_both! {
    ten_at_once_get_one_successor
    a_lost_answer_is_given_again_by_either_process
    a_grandparent_ends_the_family_everywhere
    a_parent_after_its_grace_ends_the_family_everywhere
    a_rotation_of_keys_signs_nobody_out
}

const ME: &str = "/api/auth/me";

/// Access tokens of this browser are refused with this code within five seconds.
async fn refused_soon(browser: &Browser, code: ErrorCode) {
    let started = Instant::now();
    loop {
        let answer = browser.get(ME).await;
        if answer.status != 200 {
            answer.problem(code);
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "still accepted after five seconds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// As if the last rotation had been so long ago.
async fn age(portal: &TestPortal, seconds: i64) {
    let sql = format!("UPDATE session SET rotated_at = rotated_at - {}", seconds * 1000);
    portal.db.conn().execute_unprepared(&sql).await.unwrap();
}

async fn events(portal: &TestPortal, kind: &str) -> i64 {
    portal.count(&format!("domain_event WHERE kind = '{kind}'")).await
}

async fn mails(portal: &TestPortal, template: &str) -> i64 {
    portal.count(&format!("mail WHERE template = '{template}'")).await
}

async fn ten_at_once_get_one_successor(portal: &TestPortal) {
    let other = portal.beside(None, |_| ());
    let browser = portal.customer().await;
    let there = other.browser(&browser);
    let answers: Vec<Answer> =
        futures_util::future::join_all((0..10).map(|n| if n % 2 == 0 { browser.refresh() } else { there.refresh() }))
            .await;
    let cookies: Vec<_> = answers.iter().map(Answer::set_cookie).collect();
    assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
    assert!(cookies.iter().all(|c| c.is_some() && *c == cookies[0]), "one successor: {cookies:?}");
    assert_eq!(portal.count("session WHERE generation = 1").await, 1, "the family moved on once");
    let mut next = browser.clone();
    next.cookie.clone_from(&cookies[0]);
    assert_eq!(next.refresh().await.status, 200);
    assert_eq!(events(portal, "refresh_reused").await, 0);
    other.stop().await;
}

async fn a_lost_answer_is_given_again_by_either_process(portal: &TestPortal) {
    let other = portal.beside(None, |_| ());
    let browser = portal.customer().await;
    let lost = browser.refresh().await;
    let again = other.browser(&browser).refresh().await;
    assert_eq!((lost.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(lost.set_cookie(), again.set_cookie());
    age(portal, 9).await;
    assert_eq!(browser.refresh().await.set_cookie(), lost.set_cookie(), "within ten seconds");
    other.stop().await;
}

/// Who holds a copy uses it; the honest browser is somewhere else.
async fn replayed(portal: &TestPortal, stolen: &Browser, honest: &Browser) {
    let other: Bff = portal.beside(None, |_| ());
    let there = other.browser(honest);
    assert_eq!(
        (honest.get(ME).await.status, there.get(ME).await.status),
        (200.try_into().unwrap(), 200.try_into().unwrap())
    );
    let answer = stolen.refresh().await;
    answer.problem(ErrorCode::SessionReused);
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "the cookie is cleared");
    tokio::join!(refused_soon(honest, ErrorCode::SessionReused), refused_soon(&there, ErrorCode::SessionReused));
    honest.refresh().await.problem(ErrorCode::SessionReused);
    there.refresh().await.problem(ErrorCode::SessionReused);
    stolen.refresh().await.problem(ErrorCode::SessionReused);
    assert_eq!(events(portal, "refresh_reused").await, 1, "logged once");
    assert_eq!(mails(portal, "session_reused").await, 1, "written once");
    other.stop().await;
}

async fn a_grandparent_ends_the_family_everywhere(portal: &TestPortal) {
    let stolen = portal.customer().await;
    let mut honest = stolen.clone();
    honest.refresh_and_keep().await;
    honest.refresh_and_keep().await;
    // No grace for it, however short ago.
    replayed(portal, &stolen, &honest).await;
}

async fn a_parent_after_its_grace_ends_the_family_everywhere(portal: &TestPortal) {
    let stolen = portal.customer().await;
    let mut honest = stolen.clone();
    honest.refresh_and_keep().await;
    age(portal, 11).await;
    replayed(portal, &stolen, &honest).await;
}

/// Each process gets the new keys at a time of its own: first as accepted, then as used, then alone.
async fn a_rotation_of_keys_signs_nobody_out(portal: &TestPortal) {
    let (new_jwt, new_refresh) = ("J".repeat(32), "R".repeat(32));
    let (old_jwt, old_refresh) = ("j".repeat(32), "r".repeat(32));
    // The portal's own process is at step zero: it knows the old keys only. These two are at steps one and two.
    let accepting = portal.beside(None, |config| {
        config.previous_jwt_key = Some(new_jwt.clone().into());
        config.previous_refresh_key = Some(new_refresh.clone().into());
    });
    let using = portal.beside(None, |config| {
        config.jwt_key = new_jwt.clone().into();
        config.refresh_key = new_refresh.clone().into();
        config.previous_jwt_key = Some(old_jwt.clone().into());
        config.previous_refresh_key = Some(old_refresh.clone().into());
    });
    let mut browser = portal.customer().await;
    let (mut at_accepting, mut at_using) = (accepting.browser(&browser), using.browser(&browser));
    assert_eq!(at_accepting.get(ME).await.status, 200);
    assert_eq!(at_using.get(ME).await.status, 200, "the old key is accepted");
    // The answer of a process that uses the new keys is lost; the repeat reaches one that uses the old.
    let lost = at_using.refresh().await;
    let again = at_accepting.refresh().await;
    assert_eq!((lost.status.as_u16(), again.status.as_u16()), (200, 200), "{} {}", lost.body, again.body);
    assert_eq!(lost.set_cookie(), again.set_cookie(), "the same successor, whichever key derived it");
    at_using.keep(&lost);
    at_accepting.token.clone_from(&at_using.token);
    assert_eq!(at_accepting.get(ME).await.status, 200, "the new key is accepted before it is used there");
    browser.token.clone_from(&at_using.token);
    browser.get(ME).await.problem(ErrorCode::SignInNeeded);
    // And the other way round.
    at_accepting.cookie.clone_from(&at_using.cookie);
    let lost = at_accepting.refresh().await;
    let again = at_using.refresh().await;
    assert_eq!(lost.set_cookie(), again.set_cookie());
    at_using.keep(&again);
    // Both at once: whoever wins, all get the winner's.
    at_accepting.cookie.clone_from(&at_using.cookie);
    let answers: Vec<Answer> = futures_util::future::join_all(
        (0..10).map(|n| if n % 2 == 0 { at_using.refresh() } else { at_accepting.refresh() }),
    )
    .await;
    assert!(answers.iter().all(|a| a.status == 200 && a.set_cookie() == answers[0].set_cookie()), "{answers:?}");
    // The last step: the old keys are gone.
    let alone = portal.beside(None, |config| {
        config.jwt_key = new_jwt.into();
        config.refresh_key = new_refresh.into();
    });
    at_using.keep(&answers[0]);
    let mut at_alone = alone.browser(&at_using);
    let me: Me = at_alone.get(ME).await.json();
    assert_eq!(at_alone.refresh_and_keep().await.me, me);
    assert_eq!(events(portal, "refresh_reused").await, 0);
    for process in [accepting, using, alone] {
        process.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_has_outlived_its_session_says_so() {
    let now = Timestamp(1_800_000_000_000);
    let portal = TestPortal::start_at(now).await;
    let browser = portal.customer().await;
    portal.clock.set(now.plus_seconds(900));
    browser.get(ME).await.problem(ErrorCode::SignInNeeded);
    let mut other = portal.browser();
    other.token.clone_from(&browser.token);
    assert_eq!(browser.post("/api/auth/logout", &serde_json::json!({})).await.status, 204);
    // A page with this token must not go on with whatever cookie is there by now.
    other.get(ME).await.problem(ErrorCode::SessionEnded);
    portal.stop().await;
}
