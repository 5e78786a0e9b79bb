//! What a client concludes when the answer is missing or is none: different for a read and for a write.

use crate::raw::{Answer, client, http, read, server, whmcs_config, write};
use integrations::UpstreamErrorKind::{self, Garbled, OutcomeUnknown, Unavailable};
use integrations::whmcs::{Client, Config};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;

const LATER: UpstreamErrorKind = Unavailable { retry_after: None };

#[tokio::test]
async fn a_lost_answer_leaves_a_write_open_and_a_read_harmless() {
    let page = "<html><body>maintenance</body></html>";
    let cut = Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"result\":".to_vec());
    let cases = [
        ("reset", Answer::Reset),
        ("closed", Answer::Bytes(Vec::new())),
        ("silence", Answer::Silence),
        ("cut", cut),
        ("500", http("500 Internal Server Error", "", "{}")),
        ("503 page", http("503 Service Unavailable", "content-type: text/html\r\n", page)),
        ("200 page", http("200 OK", "content-type: text/html\r\n", page)),
        ("not http", Answer::Bytes(b"\x16\x03\x01garbage\r\n\r\n".to_vec())),
    ];
    for (name, answer) in cases {
        let (base, requests) = server(answer).await;
        let client = client(&base);
        assert_eq!(write(&client).await, OutcomeUnknown, "{name}");
        assert_eq!(requests.load(Ordering::SeqCst), 1, "a write is sent once: {name}");
        assert_eq!(read(&client).await, LATER, "{name}");
    }
}

#[tokio::test]
async fn a_read_is_tried_three_times_unless_they_ask_to_wait() {
    let (base, requests) = server(http("502 Bad Gateway", "", "")).await;
    let patient = Client::new(Config { timeout_ms: 5_000, ..whmcs_config(&base) }).unwrap();
    assert_eq!(read(&patient).await, LATER);
    assert_eq!(requests.load(Ordering::SeqCst), 3);

    let (base, requests) = server(http("429 Too Many Requests", "retry-after: 1\r\n", "")).await;
    let patient = Client::new(Config { timeout_ms: 5_000, ..whmcs_config(&base) }).unwrap();
    let started = std::time::Instant::now();
    assert_eq!(read(&patient).await, Unavailable { retry_after: Some(Duration::from_secs(1)) });
    assert_eq!(requests.load(Ordering::SeqCst), 3, "a short pause that they ask for is kept");
    assert!(started.elapsed() >= Duration::from_secs(2));

    for status in ["503 Service Unavailable", "429 Too Many Requests"] {
        let (base, requests) = server(http(status, "retry-after: 7\r\n", "")).await;
        let wait = Unavailable { retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(read(&client(&base)).await, wait);
        assert_eq!(write(&client(&base)).await, wait, "nothing was done");
        assert_eq!(requests.load(Ordering::SeqCst), 2, "one read, one write");
    }
}

#[tokio::test]
async fn nothing_was_sent_when_nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let client = client(&format!("http://127.0.0.1:{port}"));
    assert_eq!(read(&client).await, LATER);
    assert_eq!(write(&client).await, LATER);
}

#[tokio::test]
async fn answers_outside_the_contract() {
    let (base, _) = server(http("200 OK", "", "{\"result\":\"success\",\"orders\":\"none\"}")).await;
    assert!(matches!(read(&client(&base)).await, Garbled { .. }));
    assert_eq!(write(&client(&base)).await, OutcomeUnknown, "success without an order id");

    let (base, _) = server(http("302 Found", "location: http://127.0.0.1:9/\r\n", "")).await;
    assert_eq!(write(&client(&base)).await, OutcomeUnknown, "a redirect is not followed");

    let huge = format!("\"{}\"", "a".repeat(9 * 1024 * 1024));
    let (base, _) = server(http("200 OK", "", &huge)).await;
    let client = Client::new(Config { timeout_ms: 10_000, ..whmcs_config(&base) }).unwrap();
    assert_eq!(read(&client).await, Garbled { detail: "the answer is too large".to_owned() });
}

#[test]
fn a_configuration_does_not_print_its_secrets() {
    let printed = format!("{:?}", whmcs_config("http://127.0.0.1:1"));
    assert!(!printed.contains("\"secret\"") && !printed.contains("\"identifier\""), "{printed}");
}
