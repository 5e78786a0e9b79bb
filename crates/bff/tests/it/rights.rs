//! Every operation of the document, tried by every role: what is refused is what the table of rights says.

use crate::browser::Browser;
use crate::harness::TestPortal;
use domain::auth::{Right, Role};
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::{ErrorCode, Problem, UserId};
use platform::store::{accounts, people};
use reqwest::Method;
use serde_json::json;

/// What operations ask of people who are no members of anything.
const NO_RIGHT: &[&str] = &["nothing", "person", "staff", "member"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_asks_every_role_for_its_right() {
    let portal = TestPortal::start().await;
    let owner = portal.mika().await;
    let account = owner.get("/api/auth/me").await.json::<domain::auth::Me>().customer_id.unwrap();
    let mut browsers = vec![(Role::Owner, owner)];
    for role in [Role::Admin, Role::Billing, Role::LineUser] {
        let (user, email) = (UserId(platform::clock::new_id()), crate::harness::unique_email());
        let (conn, now) = (portal.db.conn(), portal.clock.now());
        let hash = bff::hash_password(crate::harness::PASSWORD.to_owned()).await.unwrap();
        accounts::insert_person(conn, user, &Pii::new(email.clone()), &hash, Language::En, now).await.unwrap();
        assert!(people::add(conn, account, user, role, &[domain::ServiceId(1)], now).await.unwrap());
        let mut browser = portal.browser();
        browser.login(&email, crate::harness::PASSWORD).await;
        browsers.push((role, browser));
    }
    let document = serde_json::to_value(bff::openapi()).unwrap();
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            let right = operation["x-right"].as_str().unwrap_or_else(|| panic!("{what} names no right"));
            if NO_RIGHT.contains(&right) {
                continue;
            }
            let right =
                Right::ALL.iter().copied().find(|r| r.name() == right).unwrap_or_else(|| panic!("{what}: {right}"));
            let path = path.replace(
                "{id}",
                if path.contains("subscriptions") { "1" } else { "00000000-0000-4000-8000-000000000000" },
            );
            for (role, browser) in &browsers {
                // So that the person is known before the body is read: which of two faults is told first is no promise.
                assert_eq!(browser.get("/api/auth/me").await.status, 200);
                let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let answer = Browser::send(browser.request(verb, &path).json(&json!({}))).await;
                let refused = answer.status == 403 && answer.json::<Problem>().code == ErrorCode::NotAllowed;
                assert_eq!(refused, !role.may(right), "{what} by {role:?}: {} {}", answer.status, answer.body);
                assert!(answer.status.as_u16() < 500, "{what} by {role:?}: {}", answer.body);
                tried += 1;
            }
        }
    }
    assert!(tried >= 4 * 10, "{tried}");
    portal.stop().await;
}
