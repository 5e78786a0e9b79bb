//! What a client concludes when the answer is missing or is none: different for a read and for a write.

use domain::catalog::Cycle;
use domain::orders::providers::whmcs::{BillingLine, NewBillingOrder};
use integrations::UpstreamErrorKind::{self, Garbled, OutcomeUnknown, Unavailable};
use integrations::whmcs::{Client, Config};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
enum Answer {
    /// The connection is reset after the request.
    Reset,
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing, ever.
    Silence,
}

/// A server that reads each request whole and answers all in one way. Counts requests.
async fn server(answer: Answer) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, counter) = (answer.clone(), Arc::clone(&counter));
            tokio::spawn(async move {
                read_request(&mut stream).await;
                counter.fetch_add(1, Ordering::SeqCst);
                match answer {
                    Answer::Reset => stream.set_zero_linger().unwrap(),
                    Answer::Bytes(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                    }
                    Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
                }
            });
        }
    });
    (format!("http://{address}"), count)
}

async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |n| n.trim().parse::<usize>().unwrap());
            if body.len() >= length {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
        }
    }
}

fn http(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into_bytes(),
    )
}

fn client(base: &str) -> Client {
    Client::new(config_of(base)).unwrap()
}

async fn read(client: &Client) -> UpstreamErrorKind {
    client.order(1).await.unwrap_err().kind
}

async fn write(client: &Client) -> UpstreamErrorKind {
    let line = BillingLine { product_id: 1, marker: "sfo-1-1".to_owned(), cycle: Cycle::Monthly, line_number: None };
    client.add_order(&NewBillingOrder { client_id: 1, lines: vec![line] }).await.unwrap_err().kind
}

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
    let patient = Client::new(Config { timeout_ms: 5_000, ..config_of(&base) }).unwrap();
    assert_eq!(read(&patient).await, LATER);
    assert_eq!(requests.load(Ordering::SeqCst), 3);

    let (base, requests) = server(http("429 Too Many Requests", "retry-after: 1\r\n", "")).await;
    let patient = Client::new(Config { timeout_ms: 5_000, ..config_of(&base) }).unwrap();
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
    let client = Client::new(Config { timeout_ms: 10_000, ..config_of(&base) }).unwrap();
    assert_eq!(read(&client).await, Garbled { detail: "the answer is too large".to_owned() });
}

fn config_of(base: &str) -> Config {
    Config { timeout_ms: 400, ..Config::new(base.parse().unwrap(), "identifier".into(), "secret".into()) }
}

#[test]
fn a_configuration_does_not_print_its_secrets() {
    let printed = format!("{:?}", config_of("http://127.0.0.1:1"));
    assert!(!printed.contains("\"secret\"") && !printed.contains("\"identifier\""), "{printed}");
}

#[tokio::test]
async fn a_system_that_does_not_answer_is_left_alone_and_then_tried_once() {
    let (base, requests) = server(http("500 Internal Server Error", "", "")).await;
    let client = client(&base);
    for _ in 0..5 {
        assert_eq!(write(&client).await, OutcomeUnknown);
    }
    let sent = requests.load(Ordering::SeqCst);
    assert_eq!(sent, 5);
    for kind in [write(&client).await, read(&client).await] {
        let Unavailable { retry_after: Some(wait) } = kind else { panic!("{kind:?}") };
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
    }
    assert_eq!(requests.load(Ordering::SeqCst), sent, "nothing is sent while the breaker is open");

    tokio::time::sleep(Duration::from_millis(2_050)).await;
    assert_eq!(write(&client).await, OutcomeUnknown, "the probe");
    assert!(matches!(write(&client).await, Unavailable { retry_after: Some(_) }), "and no other call");
    assert_eq!(requests.load(Ordering::SeqCst), sent + 1);
}

#[tokio::test]
async fn refusals_do_not_hold_other_calls_back() {
    let (base, requests) = server(http("200 OK", "", r#"{"result":"error","message":"No"}"#)).await;
    let client = client(&base);
    for _ in 0..20 {
        assert!(matches!(write(&client).await, UpstreamErrorKind::Refused { .. }));
    }
    assert_eq!(requests.load(Ordering::SeqCst), 20);
}

#[tokio::test]
async fn no_more_calls_at_a_time_than_allowed() {
    let (base, requests) = server(Answer::Silence).await;
    let config = Config { timeout_ms: 1_000, concurrency: 3, ..config_of(&base) };
    let client = Client::new(config).unwrap();
    let calls: Vec<_> = (0..9)
        .map(|_| {
            tokio::spawn({
                let client = client.clone();
                async move { write(&client).await }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(requests.load(Ordering::SeqCst), 3, "the others wait for a place");
    for call in calls {
        let kind = call.await.unwrap();
        assert!(matches!(kind, OutcomeUnknown | Unavailable { .. }), "{kind:?}");
    }
}
