//! Webhooks from WHMCS, sent by the real PHP file that operators install.

use crate::browser::{Answer, Browser};
use crate::harness::{TestPortal, on_both};
use domain::ErrorCode;
use domain::webhooks::{BillingChange, BillingNotice, BillingSubject};
use hmac::{Hmac, KeyInit as _, Mac as _};
use platform::queue::Work;
use platform::testing::jobs;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use std::process::Command;

use crate::harness::WEBHOOK_SECRET as SECRET;
const PATH: &str = "/api/webhooks/whmcs";

on_both! {
    the_hook_file_tells_what_changed_and_nothing_else
    a_delivery_that_comes_again_does_nothing
}

async fn notices(portal: &TestPortal) -> Vec<BillingNotice> {
    let all = jobs(portal.db.conn()).await;
    let notices = all.into_iter().filter_map(|work| match work {
        Work::RelayBilling { notice, .. } => Some(notice),
        _ => None,
    });
    notices.collect()
}

/// Runs hooks as WHMCS does, and gives what went to PHP's error log.
async fn fire(portal: &TestPortal, secret: &str, hooks: Value) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contrib/whmcs/portal_webhooks.php");
    let stand_in = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/php/fire.php");
    let (url, secret) = (format!("{}{PATH}", portal.url), secret.to_owned());
    let output = tokio::task::spawn_blocking(move || {
        Command::new("php")
            .args(["-d", "display_errors=stderr", "-d", "log_errors=1", "-d", "error_log=", stand_in])
            .args([&hooks.to_string(), file])
            .env("PORTAL_WEBHOOK_URL", url)
            .env("PORTAL_WEBHOOK_SECRET", secret)
            .output()
            .expect("php is needed (Debian package php-cli); scripts/test installs it")
    })
    .await
    .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "41", "hooks registered");
    said
}

async fn the_hook_file_tells_what_changed_and_nothing_else(portal: &TestPortal) {
    let said = fire(
        portal,
        SECRET,
        json!([
            ["InvoicePaid", { "invoiceid": "12", "invoice": { "total": "1200.00" } }],
            ["AfterModuleSuspend", { "params": { "serviceid": 9, "userid": 7, "password": "hunter2" } }],
            ["AddTransaction", { "id": 1, "userid": 7, "invocieid": 12, "amountin": "1200.00" }],
            ["AfterModuleSuspendFailed", { "params": { "serviceid": 9, "userid": 7 }, "failureResponseMessage": "no" }],
            ["InvoicePaymentReminder", { "invoiceid": 13, "type": "firstoverdue" }],
            ["InvoiceSplit", { "originalinvoiceid": 14, "newinvoiceid": 15 }],
            ["ClientDelete", { "userid": 8 }],
            ["AfterProductUpgrade", { "upgradeid": 4 }],
            ["AfterConfigOptionsUpgrade", { "upgradeid": "5" }],
            ["AfterProductUpgrade", { "upgradeid": 999 }],
            ["TicketOpen", { "ticketid": 5 }],
        ]),
    )
    .await;
    assert_eq!(said, "", "nothing goes wrong");
    use BillingSubject::{Client, Invoice};
    let expected = [
        (Invoice(12), BillingChange::Payment),
        (Client(7), BillingChange::Service),
        (Client(7), BillingChange::Payment),
        (Client(7), BillingChange::Service),
        (Invoice(13), BillingChange::Invoice),
        (Invoice(14), BillingChange::Invoice),
        (Client(8), BillingChange::Client),
        // Looked up inside WHMCS; the one that is not there, and one whose table cannot be read, are of nobody.
        (Client(70), BillingChange::Service),
    ];
    let expected: Vec<_> = expected.map(|(subject, change)| BillingNotice { subject, change }).into();
    assert_eq!(notices(portal).await, expected);

    let said = fire(portal, "somebody else's secret, long enough", json!([["InvoicePaid", { "invoiceid": 13 }]])).await;
    assert!(said.contains("portal webhook InvoicePaid was not taken (HTTP 403)"), "{said}");
    assert_eq!(notices(portal).await.len(), expected.len());
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

async fn deliver(portal: &TestPortal, seconds_ago: i64, secret: &str, body: String) -> Answer {
    let timestamp = (portal.clock.now().millis() / 1_000 - seconds_ago).to_string();
    let request = reqwest::Client::new()
        .request(Method::POST, format!("{}{PATH}", portal.url))
        .header("content-type", "application/json")
        .header("X-Whmcs-Signature", signature(secret, &timestamp, &body))
        .header("X-Whmcs-Timestamp", timestamp)
        .body(body);
    Browser::send(request).await
}

fn envelope(id: u8) -> String {
    let event_id = format!("0190a1b2-0000-4000-8000-0000000000{id:02}");
    json!({"event": "InvoicePaid", "eventId": event_id, "occurredAt": "2026-04-01T00:00:00Z", "data": {"invoiceid": 12}})
        .to_string()
}

async fn a_delivery_that_comes_again_does_nothing(portal: &TestPortal) {
    for _ in 0..3 {
        assert_eq!(deliver(portal, 0, SECRET, envelope(1)).await.status, 204);
    }
    // At the same time, over several connections.
    let together = (0..8).map(|_| deliver(portal, 0, SECRET, envelope(2)));
    for answer in futures_util::future::join_all(together).await {
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    assert_eq!(notices(portal).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_by_us_just_now_is_refused() {
    let portal =
        TestPortal::start_with(|config| config.whmcs_webhook_secrets = vec![SECRET.into(), "old".into()]).await;
    let unsigned = reqwest::Client::new().post(format!("{}{PATH}", portal.url)).body(envelope(1));
    Browser::send(unsigned).await.problem(ErrorCode::NotAllowed);
    deliver(&portal, 0, "another", envelope(1)).await.problem(ErrorCode::NotAllowed);
    for off in [301, -301, 86_400] {
        let problem = deliver(&portal, off, SECRET, envelope(1)).await.problem(ErrorCode::NotAllowed);
        assert!(problem.detail.unwrap().contains("clock"));
    }
    deliver(&portal, 0, SECRET, "{}".to_owned()).await.problem(ErrorCode::Unreadable);
    deliver(&portal, 0, SECRET, "x".repeat(70 * 1024)).await.problem(ErrorCode::TooLarge);
    assert_eq!(notices(&portal).await, []);
    assert_eq!(deliver(&portal, 290, "old", envelope(1)).await.status, 204, "the secret before the last change");
    assert_eq!(notices(&portal).await.len(), 1);
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_secret_there_is_no_such_address() {
    let portal = TestPortal::start_with(|config| config.whmcs_webhook_secrets.clear()).await;
    deliver(&portal, 0, "", envelope(1)).await.problem(ErrorCode::NotFound);
    portal.stop().await;
}
