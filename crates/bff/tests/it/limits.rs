//! How often one may ask, and what a request may bring.

use crate::browser::Browser;
use crate::harness::TestPortal;
use domain::ErrorCode;
use platform::clock::random_id;
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_the_api_says_what_is_left() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let document = serde_json::to_value(bff::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let address = path.replace("{id}", &random_id().to_string());
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = Browser::send(browser.request(method.clone(), &address)).await;
            let (policy, state) = (answer.header("ratelimit-policy"), answer.header("ratelimit"));
            if !path.starts_with("/api/") {
                assert_eq!((policy, state), ("", ""), "{path}");
                continue;
            }
            assert!(operation["responses"].get("429").is_some(), "{method} {path} does not document 429");
            let names = |text: &str| -> Vec<String> {
                text.split(", ").map(|part| part.split(';').next().unwrap().trim_matches('"').to_owned()).collect()
            };
            assert_eq!(names(policy), names(state), "{method} {path}");
            if path.starts_with("/api/webhooks") {
                assert_eq!(names(policy), ["webhooks"]);
            } else {
                assert!(
                    names(policy).len() == 3 && policy.starts_with("\"address\"") && policy.contains("\"person\""),
                    "{method} {path}: {policy}"
                );
            }
        }
    }
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn address_person_and_route_have_shares_of_their_own() {
    let portal = TestPortal::start_with(|config| {
        config.rates.read = 3;
        config.rates.person = 8;
        config.rates.address = 30;
    })
    .await;
    let (mika, ken) = (portal.customer().await, portal.customer().await);
    for _ in 0..3 {
        assert_eq!(mika.get("/api/orders").await.status, 200);
    }
    let refused = mika.get("/api/orders").await;
    assert!(refused.problem(ErrorCode::TooManyRequests).retry_after.is_some_and(|s| (1..=20).contains(&s)));
    assert!(refused.header("ratelimit").contains("\"read\";r=0;t="), "{}", refused.header("ratelimit"));
    assert_eq!(ken.get("/api/orders").await.status, 200, "another person");
    for _ in 0..3 {
        assert_eq!(mika.get("/api/auth/me").await.status, 200, "another route");
    }
    // Four and three were counted, and one more is allowed to her in all.
    assert_eq!(mika.get("/api/catalog").await.status, 200);
    let refused = mika.get("/api/subscriptions").await;
    refused.problem(ErrorCode::TooManyRequests);
    assert!(refused.header("ratelimit").contains("\"person\";r=0;t="), "{}", refused.header("ratelimit"));
    // Without a good token it is the address that is counted, and a made-up one gives no share of its own.
    let mut stranger = portal.browser();
    let mut statuses = Vec::new();
    for n in 0..40 {
        stranger.token = Some(format!("made-up.{n}.token"));
        statuses.push(stranger.get(&format!("/api/nothing/{n}")).await.status.as_u16());
    }
    assert!(statuses[..3].iter().all(|s| *s == 404) && statuses[3..].iter().all(|s| *s == 429), "{statuses:?}");
    let spent = portal.browser().get("/api/auth/me").await;
    spent.problem(ErrorCode::TooManyRequests);
    assert!(spent.header("ratelimit").contains("\"address\";r=0;t="), "{}", spent.header("ratelimit"));
    assert_eq!(portal.browser().get("/health/live").await.status, 200, "a probe is not counted");
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_of_staff_are_counted() {
    let portal = TestPortal::start_with(|config| config.rates.write = 2).await;
    let staff = portal.staff().await;
    let act = async || staff.post("/api/ops/jobs/retry-dead", &json!({"kind": "provision", "reason": "a test"})).await;
    assert_eq!([act().await.status, act().await.status], [200, 200]);
    act().await.problem(ErrorCode::TooManyRequests);
    assert_eq!(staff.get("/api/ops/overview").await.status, 200);
    portal.stop().await;
}

/// Two processes on one database and one Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_with_a_redis_count_together_on_postgres() {
    let (one, two) = TestPortal::two_on_postgres(|config| config.rates.read = 6).await;
    let mika = one.customer().await;
    let mut there = two.browser();
    there.token = mika.token.clone();
    let mut statuses = Vec::new();
    for n in 0..8 {
        let answer = if n % 2 == 0 { mika.get("/api/orders").await } else { there.get("/api/orders").await };
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 429, 429]);
    one.stop().await;
    two.stop().await;
}

/// What a socket answers: status line, or nothing when it is closed.
async fn status(socket: &mut TcpStream, within: Duration) -> Option<u16> {
    let mut head = Vec::new();
    let read = async {
        let mut byte = [0; 512];
        while !head.windows(2).any(|w| w == b"\r\n") {
            match socket.read(&mut byte).await {
                Ok(0) | Err(_) => break,
                Ok(n) => head.extend_from_slice(&byte[..n]),
            }
        }
    };
    tokio::time::timeout(within, read).await.expect("no answer in time");
    std::str::from_utf8(&head).ok()?.split(' ').nth(1)?.parse().ok()
}

async fn connect(portal: &TestPortal) -> TcpStream {
    TcpStream::connect(portal.url.trim_start_matches("http://")).await.unwrap()
}

fn head(portal: &TestPortal, more: &str) -> String {
    let host = portal.url.trim_start_matches("http://");
    format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\nx-portal-client: web\r\ncontent-type: application/json\r\n{more}",
        portal.url
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_senders_are_told_so_and_starve_nobody() {
    let portal = TestPortal::start().await;
    // Three hundred headers that never end, and as many bodies, a byte each second.
    let (begin_head, begin_body) = (head(&portal, "x-slow: "), head(&portal, "content-length: 5000\r\n\r\n{"));
    let mut slow = tokio::task::JoinSet::new();
    for n in 0..600 {
        let begin = if n % 2 == 0 { begin_head.clone() } else { begin_body.clone() };
        let socket = connect(&portal).await;
        slow.spawn(async move {
            let started = Instant::now();
            let (mut read, mut write) = socket.into_split();
            let writing = tokio::spawn(async move {
                if write.write_all(begin.as_bytes()).await.is_ok() {
                    while write.write_all(b" ").await.is_ok() {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            });
            let mut first = [0; 64];
            let told = tokio::time::timeout(Duration::from_secs(25), read.read(&mut first)).await.expect("still open");
            writing.abort();
            let text = String::from_utf8_lossy(&first[..told.unwrap_or(0)]).into_owned();
            (n % 2, text, started.elapsed())
        });
    }
    let browser = portal.browser();
    let mut slowest = Duration::ZERO;
    for _ in 0..60 {
        let started = Instant::now();
        assert_eq!(browser.get("/health/ready").await.status, 200);
        slowest = slowest.max(started.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(slowest < Duration::from_secs(2), "an honest request took {slowest:?}");
    while let Some(ended) = slow.join_next().await {
        let (kind, text, after) = ended.unwrap();
        assert!(text.starts_with("HTTP/1.1 408 "), "{kind}: {text}");
        assert!(after < Duration::from_secs(20), "{kind}: {after:?}");
    }
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_is_refused_without_being_kept() {
    let portal = TestPortal::start().await;
    // By its own word.
    let mut socket = connect(&portal).await;
    socket.write_all(head(&portal, "content-length: 104857600\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(status(&mut socket, Duration::from_secs(5)).await, Some(413));
    // And in pieces that do not say how many there will be: whoever goes on sending is cut off, not listened to.
    let mut socket = connect(&portal).await;
    socket.write_all(head(&portal, "transfer-encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let sending = tokio::spawn(async move {
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let mut sent = 0_usize;
        while sent < 100 << 20 && write.write_all(&chunk).await.is_ok() {
            sent += 0x10000;
            // 13 MB a second: as fast as a good line.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sent
    });
    let mut answer = [0; 64];
    let n = tokio::time::timeout(Duration::from_secs(10), read.read(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..n].starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&answer[..n]));
    drop(read);
    let sent = tokio::time::timeout(Duration::from_secs(20), sending).await.expect("the server listens on").unwrap();
    assert!(sent < 50 << 20, "the connection is ended soon after the answer: {sent}");
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_packed_body_is_refused_before_it_is_unpacked() {
    let portal = TestPortal::start().await;
    // gzip of ten megabytes of blanks: a header, then one stored block is enough for who would unpack it.
    let browser = portal.browser();
    for coding in ["gzip", "br", "deflate", "zstd"] {
        let request = browser.request(Method::POST, "/api/auth/login").header("content-encoding", coding);
        let answer =
            Browser::send(request.header("content-type", "application/json").body(vec![0x1f, 0x8b, 8, 0])).await;
        answer.problem(ErrorCode::MediaTypeUnsupported);
        assert_eq!(answer.header("accept-encoding"), "identity");
    }
    let plain = browser.request(Method::POST, "/api/auth/login").header("content-encoding", "identity");
    let wrong = json!({"email": "a@example.com", "password": "not this one"});
    Browser::send(plain.json(&wrong)).await.problem(ErrorCode::CredentialsWrong);
    portal.stop().await;
}
