//! Seeing one's sessions and ending them, also from a process that hears nothing, and with Redis in trouble.

use crate::browser::{Answer, Browser};
use crate::harness::{PASSWORD, TestPortal, on_both, redis, unique_email};
use crate::socket::{Frame, Socket};
use domain::auth::{Me, TokenReply};
use domain::live::{ClientMessage, LiveTicket, ServerMessage};
use domain::people::{EndedCount, SessionInfo, SessionList};
use domain::{ErrorCode, Timestamp};
use reqwest::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use std::time::{Duration, Instant};

const ME: &str = "/api/auth/me";
const SESSIONS: &str = "/api/account/sessions";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0";

on_both! {
    a_person_sees_their_sessions_and_ends_them
    a_session_of_somebody_else_is_not_there
    all_others_end_together
    a_process_that_hears_nothing_feels_the_end_within_five_seconds
    a_use_is_written_once_a_minute
    a_browser_that_was_not_seen_before_is_told_by_mail
}

/// Signs in with a browser's name, and perhaps its device cookie.
async fn sign_in(portal: &TestPortal, email: &str, agent: &str, device: Option<&str>) -> (Browser, Answer) {
    let mut browser = portal.browser();
    let form = json!({ "email": email, "password": PASSWORD });
    let mut request = browser.request(Method::POST, "/api/auth/login").header("user-agent", agent).json(&form);
    if let Some(device) = device {
        request = request.header("cookie", device);
    }
    let answer = Browser::send(request).await;
    browser.keep(&answer);
    (browser, answer)
}

fn device_cookie(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
    all.filter(|c| c.starts_with("portal_device=")).find_map(|c| c.split(';').next().map(str::to_owned))
}

async fn list(browser: &Browser) -> Vec<SessionInfo> {
    browser.get(SESSIONS).await.json::<SessionList>().sessions
}

async fn open_page(portal: &TestPortal, url: &str, browser: &Browser) -> Socket {
    let ticket = browser.post("/api/live/ticket", &json!({})).await.json::<LiveTicket>().ticket;
    let mut socket = Socket::open(url, url).await.unwrap();
    socket.send(&ClientMessage::Auth { ticket }).await;
    assert_eq!(Socket::expect(socket.receive().await), ServerMessage::Ready);
    assert!(portal.count("live_ticket").await == 0);
    socket
}

async fn a_person_sees_their_sessions_and_ends_them(portal: &TestPortal) {
    let email = unique_email();
    let mut first = portal.browser();
    first.register(&email).await;
    let (second, _) = sign_in(portal, &email, FIREFOX, None).await;
    let mut page = open_page(portal, &portal.url, &second).await;
    let sessions = list(&first).await;
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|s| !s.current).unwrap();
    assert_eq!(other.device.as_deref(), Some("Firefox on Windows"));
    assert_eq!(other.address.as_ref().map(|a| a.reveal().as_str()), Some("127.0.0.0/24"));
    assert!(other.last_used_at >= other.created_at);
    assert_eq!(list(&second).await.iter().find(|s| s.current).unwrap().id, other.id);
    let path = format!("{SESSIONS}/{}", other.id);
    assert_eq!(first.delete(&path).await.status, 204);
    second.get(ME).await.problem(ErrorCode::SessionEnded);
    second.refresh().await.problem(ErrorCode::SessionEnded);
    assert_eq!(Socket::expect(page.receive().await), ServerMessage::SignedOut, "its page is told at once");
    first.delete(&path).await.problem(ErrorCode::NotFound);
    assert_eq!(list(&first).await.len(), 1);
    // One's own too.
    let own = list(&first).await[0].id;
    assert_eq!(first.delete(&format!("{SESSIONS}/{own}")).await.status, 204);
    first.get(SESSIONS).await.problem(ErrorCode::SessionEnded);
}

async fn a_session_of_somebody_else_is_not_there(portal: &TestPortal) {
    let (mine, theirs) = (portal.customer().await, portal.customer().await);
    let id = list(&theirs).await[0].id;
    assert!(list(&mine).await.iter().all(|s| s.id != id));
    mine.delete(&format!("{SESSIONS}/{id}")).await.problem(ErrorCode::NotFound);
    for odd in ["x", "00000000-0000-4000-8000-000000000000"] {
        mine.delete(&format!("{SESSIONS}/{odd}")).await.problem(ErrorCode::NotFound);
    }
    assert_eq!(theirs.get(ME).await.status, 200);
    portal.browser().get(SESSIONS).await.problem(ErrorCode::SignInNeeded);
}

async fn all_others_end_together(portal: &TestPortal) {
    let email = unique_email();
    let mut kept = portal.browser();
    kept.register(&email).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(sign_in(portal, &email, FIREFOX, None).await.0);
    }
    let stranger = portal.customer().await;
    let ended: EndedCount = kept.post("/api/account/sessions/end-others", &json!({})).await.json();
    assert_eq!(ended.ended, 3);
    for other in &others {
        other.get(ME).await.problem(ErrorCode::SessionEnded);
        other.refresh().await.problem(ErrorCode::SessionEnded);
    }
    assert_eq!(
        (kept.get(ME).await.status, stranger.get(ME).await.status),
        (reqwest::StatusCode::OK, reqwest::StatusCode::OK)
    );
    let ended: EndedCount = kept.post("/api/account/sessions/end-others", &json!({})).await.json();
    assert_eq!(ended.ended, 0);
}

async fn a_process_that_hears_nothing_feels_the_end_within_five_seconds(portal: &TestPortal) {
    let deaf = portal.beside(None, |_| ());
    let email = unique_email();
    let mut first = portal.browser();
    first.register(&email).await;
    let (second, _) = sign_in(portal, &email, FIREFOX, None).await;
    let there = deaf.browser(&second);
    let mut page = open_page(portal, &deaf.url, &there).await;
    assert_eq!(there.get(ME).await.status, 200, "believed from here on");
    let id = list(&second).await.iter().find(|s| s.current).unwrap().id;
    let started = Instant::now();
    assert_eq!(first.delete(&format!("{SESSIONS}/{id}")).await.status, 204);
    let refused = async {
        while there.get(ME).await.status == 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        started.elapsed()
    };
    let closed = async {
        assert_eq!(Socket::expect(page.receive().await), ServerMessage::SignedOut);
        started.elapsed()
    };
    let (refused, closed) = tokio::join!(refused, closed);
    assert!(refused < Duration::from_secs(5) && closed < Duration::from_secs(5), "{refused:?} {closed:?}");
    there.get(ME).await.problem(ErrorCode::SessionEnded);
    deaf.stop().await;
}

async fn a_use_is_written_once_a_minute(portal: &TestPortal) {
    let browser = portal.customer().await;
    let before = list(&browser).await[0].last_used_at;
    let back = "UPDATE session SET last_used_at = last_used_at - 30000, rotated_at = rotated_at - 100000";
    portal.db.conn().execute_unprepared(back).await.unwrap();
    // A process that believes nothing yet reads the row.
    let fresh = portal.beside(None, |_| ());
    let there = fresh.browser(&browser);
    assert_eq!(list(&there).await[0].last_used_at, before.plus_millis(-30_000), "not yet a minute");
    fresh.stop().await;
    portal.db.conn().execute_unprepared("UPDATE session SET last_used_at = last_used_at - 40000").await.unwrap();
    let fresh = portal.beside(None, |_| ());
    let there = fresh.browser(&browser);
    assert!(list(&there).await[0].last_used_at >= before, "a minute ago: written again");
    fresh.stop().await;
}

async fn a_browser_that_was_not_seen_before_is_told_by_mail(portal: &TestPortal) {
    let email = unique_email();
    let mails = || portal.count("mail WHERE template = 'new_device'");
    let registered = portal.browser();
    registered.post("/api/auth/register", &crate::browser::registration(&email)).await;
    let token = crate::mailbox::link(&portal.db, &email, "confirm_sign_up").await;
    let answer = registered.post("/api/auth/register/confirm", &json!({ "token": token })).await;
    let known = device_cookie(&answer).unwrap();
    assert!(
        answer.headers.get_all("set-cookie").iter().all(|c| c.to_str().unwrap().contains("HttpOnly; SameSite=Strict"))
    );
    assert_eq!(mails().await, 0, "the first browser is no news");
    let (_, answer) = sign_in(portal, &email, FIREFOX, Some(&known)).await;
    assert_eq!((mails().await, device_cookie(&answer)), (0, None), "known by its cookie");
    let (_, answer) = sign_in(portal, &email, FIREFOX, None).await;
    assert_eq!(mails().await, 1);
    let new = device_cookie(&answer).unwrap();
    assert_ne!(new, known);
    sign_in(portal, &email, FIREFOX, Some(&new)).await;
    assert_eq!(mails().await, 1, "told once");
    // Somebody else's cookie is not a key to silence.
    let other = unique_email();
    portal.browser().register(&other).await;
    sign_in(portal, &other, FIREFOX, Some(&known)).await;
    assert_eq!(mails().await, 2);
    sign_in(portal, &other, FIREFOX, Some("portal_device=nonsense")).await;
    assert_eq!(mails().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_not_used_ends_after_three_days() {
    let now = Timestamp(1_800_000_000_000);
    let portal = TestPortal::start_at(now).await;
    let mut used = portal.customer().await;
    let unused = portal.customer().await;
    portal.clock.set(now.plus_seconds(71 * 3_600));
    used.refresh_and_keep().await;
    portal.clock.set(now.plus_seconds(72 * 3_600));
    used.refresh_and_keep().await;
    assert_eq!(list(&used).await.len(), 1);
    unused.refresh().await.problem(ErrorCode::SessionEnded);
    let mut page = open_page(&portal, &portal.url, &used).await;
    portal.clock.set(now.plus_seconds(72 * 3_600 + 71 * 3_600));
    used.refresh_and_keep().await;
    portal.clock.set(now.plus_seconds(7 * 86_400));
    let started = Instant::now();
    assert_eq!(Socket::expect(page.receive().await), ServerMessage::SignedOut, "an open page keeps nobody signed in");
    assert!(started.elapsed() < Duration::from_secs(5));
    portal.stop().await;
}

/// A Redis of the test's own, because it is broken in the test.
struct OwnRedis {
    child: std::process::Child,
    port: u16,
}

impl OwnRedis {
    async fn start(port: Option<u16>) -> Self {
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let port = port.unwrap_or_else(free);
        let mut command = std::process::Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
        let child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        let own = Self { child, port };
        for _ in 0..200 {
            if own.client("own").is_up().await {
                return own;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Redis did not start");
    }

    fn client(&self, prefix: &str) -> platform::redis::Redis {
        platform::redis::Redis::new(&format!("redis://127.0.0.1:{}", self.port).parse().unwrap(), prefix).unwrap()
    }

    fn cli(&self, words: &[&str]) -> String {
        let output = std::process::Command::new("redis-cli").arg("-p").arg(self.port.to_string()).args(words).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_lost_or_emptied_signs_nobody_out_on_postgres() {
    let own = OwnRedis::start(None).await;
    let portal = TestPortal::start_on_postgres_with("mine", |_| ()).await;
    let beside = portal.beside(Some(own.client("t")), |_| ());
    let mut browser = beside.browser(&portal.customer().await);
    // On a busy machine an answer may be too old to be given on; the next one is not.
    let mut tries = 0..5;
    while !own.cli(&["KEYS", "t:session:*"]).contains("t:session:1:") {
        tries.next().expect("no look-up is kept in Redis");
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(browser.get(ME).await.status, 200);
    }
    assert_eq!(own.cli(&["FLUSHALL"]).trim(), "OK");
    browser.refresh_and_keep().await;
    assert_eq!(browser.get(ME).await.status, 200);
    let port = own.port;
    drop(own);
    for _ in 0..30 {
        let started = Instant::now();
        let reply: Me = browser.get(ME).await.json();
        assert!(reply.customer_id.is_some());
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    browser.refresh_and_keep().await;
    // Ended while Redis is away, and not resurrected when it is back.
    let id = list(&browser).await[0].id;
    assert_eq!(browser.delete(&format!("{SESSIONS}/{id}")).await.status, 204);
    let _again = OwnRedis::start(Some(port)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    browser.get(ME).await.problem(ErrorCode::SessionEnded);
    beside.stop().await;
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_or_unreadable_entry_of_redis_is_worth_five_seconds_at_most_on_postgres() {
    let prefix = platform::clock::random_id().to_string();
    let portal = TestPortal::start_on_postgres_with(&prefix, |_| ()).await;
    let browser = portal.customer().await;
    let id = list(&browser).await[0].id;
    let key = format!("session:1:{id}");
    let store = redis(&prefix);
    // Ended behind everybody's back: no bus, no tombstone.
    let mut tries = 0..5;
    let alive: String = loop {
        if let Some(kept) = store.get(&key).await.unwrap() {
            break kept;
        }
        tries.next().expect("no look-up is kept in Redis");
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(browser.get(ME).await.status, 200);
    };
    portal.db.conn().execute_unprepared("UPDATE session SET ended_at = 1, end_reason = 'elsewhere'").await.unwrap();
    let started = Instant::now();
    while browser.get(ME).await.status == 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    // An old answer that arrives late does not cover the end that a process has said.
    let other = portal.customer().await;
    let id = list(&other).await[0].id;
    let key = format!("session:1:{id}");
    assert_eq!(other.delete(&format!("{SESSIONS}/{id}")).await.status, 204);
    store.set_new(&key, &alive, Duration::from_secs(60)).await.unwrap();
    let kept: String = store.get(&key).await.unwrap().unwrap();
    assert!(kept.contains("\"end\""), "{kept}");
    other.get(ME).await.problem(ErrorCode::SessionEnded);
    // Nonsense is no answer.
    let third = portal.customer().await;
    let id = list(&third).await[0].id;
    store.set(&format!("session:1:{id}"), "{nonsense", Duration::from_secs(60)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let reply: TokenReply = third.refresh().await.json();
    assert!(reply.me.customer_id.is_some());
    assert_eq!(third.get(ME).await.status, 200);
    assert!(matches!(open_page(&portal, &portal.url, &third).await.ping().await, Frame::Text(_)));
    portal.stop().await;
}
