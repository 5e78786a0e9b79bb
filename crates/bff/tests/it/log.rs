//! What must never stand in a log: real flows are driven, and everything that was logged is searched.

use crate::browser::registration;
use crate::harness::{PASSWORD, TestPortal, unique_email};
use sandbox::{FaultKind, System};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Captured {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_and_no_personal_data_is_logged() {
    let captured = Captured::default();
    // The only test of this binary that sets a subscriber, so it hears every thread; the sandbox's own lines are not ours.
    let filter = tracing_subscriber::EnvFilter::new("debug,sandbox=off,hyper_util=off,h2=off,rustls=off,mio=off");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(captured.clone()).init();
    let portal = TestPortal::start().await;
    let email = unique_email();
    let mut browser = portal.browser();
    browser.register(&email).await;
    let secrets = [browser.token.clone(), browser.cookie.clone()];
    browser.refresh_and_keep().await;
    browser.login(&email, PASSWORD).await;
    browser.post("/api/auth/login", &json!({"email": email, "password": "wrong-Password-77"})).await;
    assert_eq!(browser.post("/api/auth/register", &registration(&email)).await.status, 202);
    assert_eq!(browser.post("/api/auth/password/forgot", &json!({ "email": email })).await.status, 202);
    let link = crate::mailbox::link(&portal.db, &email, "password_reset").await;
    browser.post("/api/auth/password/reset", &json!({ "token": link, "password": "wrong" })).await;
    let ticket = browser.post("/api/live/ticket", &json!({})).await.json::<domain::live::LiveTicket>().ticket;
    let order = portal.sim_order().await;
    portal.fault(System::Salesforce, "composite", FaultKind::DropAfterCommit, Some(2));
    browser.order("log-key", &order).await;
    portal.fault(System::Salesforce, "composite", FaultKind::Refuse(format!("no credit for {email}")), Some(1));
    browser.order("other-key", &order).await;
    let answer = browser.get("/api/orders?page=1&token=query-secret").await;
    let request_id = answer.header("x-request-id").to_owned();
    browser.post("/api/auth/logout", &json!({})).await;
    portal.stop().await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(&request_id) && log.contains("http.route=\"/api/orders\""), "the access line is there");
    assert!(log.contains("request failed"), "failures are there");
    let held = secrets.into_iter().chain([browser.token, browser.cookie]).flatten();
    let private = [email, PASSWORD.to_owned(), "wrong-Password-77".to_owned(), ticket, "query-secret".to_owned()]
        .into_iter()
        .chain([link])
        .chain(
            ["Yamaneko", "Hanako", "03-0000-0042", "1000001", "100-0001", "j".repeat(32).as_str()].map(str::to_owned),
        );
    for word in held.chain(private) {
        if let Some(at) = log.find(&word) {
            let line = log[..at].rfind('\n').map_or(0, |n| n + 1);
            panic!("{word} in: {}", log[line..].lines().next().unwrap_or_default());
        }
    }
}
