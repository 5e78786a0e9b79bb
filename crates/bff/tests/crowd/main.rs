//! A crowd of idle live connections and large bodies: memory stays bounded and honest requests are answered. Alone in its
//! process, because it looks at the memory of all of it: server, database, sandbox and the crowd itself.

#[expect(dead_code, reason = "made for the other tests of this crate too")]
#[path = "../it/browser.rs"]
mod browser;
#[expect(dead_code, unused_imports, unused_macros, reason = "made for the other tests of this crate too")]
#[path = "../it/harness.rs"]
mod harness;
#[expect(dead_code, reason = "made for the other tests of this crate too")]
#[path = "../it/mailbox.rs"]
mod mailbox;
#[expect(dead_code, reason = "made for the other tests of this crate too")]
#[path = "../it/socket.rs"]
mod socket;

use base64::Engine as _;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer};
use domain::live::{ClientMessage, ServerMessage};
use domain::{CustomerId, SessionId, UserId};
use harness::TestPortal;
use platform::Owner;
use platform::clock::{new_id, random_id};
use platform::store::accounts;
use platform::store::sessions::{self, Session};
use sha2::{Digest as _, Sha256};
use socket::{Frame, Socket};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CUSTOMERS: usize = 200;
/// As many as one customer may have.
const EACH: usize = 10;
/// Growth that one idle client may cost beside the memory of the idle process once more, bytes. About half of what is
/// measured is the crowd's own side, which lives in the same process.
const PER_CLIENT: u64 = 30_000;

/// Resident memory of this process, bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A customer with a session; nobody hashes two hundred passwords for it.
async fn customer(portal: &TestPortal, n: usize) -> (CustomerId, SessionId) {
    let pii = |s: String| Pii::new(s);
    let (user, id, session_id) = (UserId(new_id()), CustomerId(new_id()), SessionId(random_id()));
    let account = Customer {
        id,
        number: format!("C-7{n:05}"),
        family_name: pii("Sato".into()),
        given_name: pii("Mika".into()),
        email: pii(format!("crowd-{n}@example.com")),
        phone: pii("03-0000-0001".into()),
        address: Address::default(),
        salesforce_account_id: None,
        whmcs_client_id: None,
    };
    let (conn, now) = (portal.db.conn(), portal.clock.now());
    accounts::insert_owner(conn, user, &account, "none", Language::En, now).await.unwrap();
    let session = Session {
        id: session_id,
        user_id: user,
        customer_id: Some(id),
        generation: 0,
        token_hash: vec![0; 32],
        previous_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: now.plus_seconds(3600),
        ended_at: None,
        device: None,
        address: None,
        last_used_at: now,
        verified_at: Some(now),
        end_reason: None,
    };
    sessions::insert(conn, &session).await.unwrap();
    (id, session_id)
}

async fn connected(portal: &TestPortal, customer: (CustomerId, SessionId)) -> Socket {
    let ticket = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_id().as_bytes().repeat(2));
    let (hash, until) = (Sha256::digest(ticket.as_bytes()), portal.clock.now().plus_seconds(30));
    let owner = Owner::for_system(customer.0);
    sessions::insert_ticket(portal.db.conn(), &hash, customer.1, owner, until).await.unwrap();
    let mut socket = Socket::open(&portal.url, &portal.url).await.unwrap();
    socket.send(&ClientMessage::Auth { ticket }).await;
    let ready = serde_json::to_string(&ServerMessage::Ready).unwrap();
    assert_eq!(socket.receive().await, Frame::Text(ready));
    socket
}

/// The slowest of some honest requests.
async fn slowest(portal: &TestPortal) -> Duration {
    let browser = portal.browser();
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let started = Instant::now();
        assert_eq!(browser.get("/health/ready").await.status, 200);
        slowest = slowest.max(started.elapsed());
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_idle_clients_and_large_bodies_cost_little_and_starve_nobody() {
    let portal = TestPortal::start().await;
    let first = customer(&portal, 0).await;
    drop(connected(&portal, first).await);
    let quiet = slowest(&portal).await;
    let idle = memory();

    let mut crowd = Vec::with_capacity(CUSTOMERS * EACH);
    let mut last = first;
    for n in 1..=CUSTOMERS {
        last = customer(&portal, n).await;
        for _ in 0..EACH {
            crowd.push(connected(&portal, last).await);
        }
    }
    let full = memory();
    let clients = u64::try_from(crowd.len()).unwrap();
    let each = full.saturating_sub(idle) / clients;
    let busy = slowest(&portal).await;
    let (known, news) = (crowd.last_mut().unwrap(), ServerMessage::SubscriptionsChanged);
    portal.bus.send_customer(last.0, news.clone()).await;
    assert_eq!(known.receive().await, Frame::Text(serde_json::to_string(&news).unwrap()), "news arrive as before");

    // Eight senders of 100 MB each on top.
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = portal.url.clone();
        senders.spawn(async move {
            let host = url.trim_start_matches("http://");
            let mut socket = TcpStream::connect(host).await.unwrap();
            let head = format!(
                "POST /api/auth/login HTTP/1.1\r\nhost: {host}\r\norigin: {url}\r\nx-portal-client: web\r\n\
                 content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            );
            socket.write_all(head.as_bytes()).await.unwrap();
            let (mut read, mut write) = socket.into_split();
            let sending = async {
                let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
                for _ in 0..1600 {
                    if write.write_all(&chunk).await.is_err() {
                        break;
                    }
                }
            };
            let answer = async {
                let mut answer = [0; 12];
                let n = read.read(&mut answer).await.unwrap_or(0);
                String::from_utf8_lossy(&answer[..n]).into_owned()
            };
            tokio::join!(answer, sending).0
        });
    }
    let mut most = full;
    let watch = async {
        loop {
            most = most.max(memory());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let all = async {
        while let Some(answer) = senders.join_next().await {
            assert_eq!(answer.unwrap(), "HTTP/1.1 413");
        }
    };
    tokio::select! { () = all => {}, () = watch => {} }
    let bodies = most.saturating_sub(full);
    let figures = format!(
        "idle {} kB; {clients} clients: {} kB more, {} B each; bodies: {} kB more; slowest request {quiet:?} quiet, {busy:?} in the crowd",
        idle / 1024,
        full.saturating_sub(idle) / 1024,
        each,
        bodies / 1024,
    );
    assert!(full <= 2 * idle + clients * PER_CLIENT, "{figures}");
    assert!(each <= 2 * PER_CLIENT, "{figures}");
    assert!(bodies < 32 << 20, "{figures}");
    assert!(busy < Duration::from_secs(1), "{figures}");
    record(&figures);
    drop(crowd);
    portal.stop().await;
}

/// Figures of a passing run, for whoever asks for them with `--nocapture`.
#[expect(clippy::print_stderr, reason = "the figures are the point of the test")]
fn record(figures: &str) {
    eprintln!("{figures}");
}
