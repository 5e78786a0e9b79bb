//! The live connection.

use crate::browser::Browser;
use crate::harness::{TestPortal, on_both};
use crate::socket::{Frame, Socket};
use domain::live::{ClientMessage, LiveTicket, ServerMessage};
use domain::orders::OrderDetail;
use domain::{ErrorCode, OrderId, Timestamp};
use platform::bus::BusMessage;
use serde_json::json;

/// Close codes (RFC 6455 section 7.4.1).
const NORMAL: u16 = 1000;
const POLICY: u16 = 1008;
const RESTART: u16 = 1012;

async fn ticket(browser: &Browser) -> String {
    browser.post("/api/live/ticket", &json!({})).await.json::<LiveTicket>().ticket
}

async fn connect(portal: &TestPortal, ticket: String) -> Socket {
    let mut socket = Socket::open(&portal.url, &portal.url).await.unwrap();
    socket.send(&ClientMessage::Auth { ticket }).await;
    socket
}

async fn connected(portal: &TestPortal, browser: &Browser) -> Socket {
    let mut socket = connect(portal, ticket(browser).await).await;
    assert_eq!(Socket::expect(socket.receive().await), ServerMessage::Ready);
    socket
}

on_both! {
    a_page_hears_of_its_own_orders_only
    a_ticket_works_once
    signing_out_closes_the_connection
}

async fn a_page_hears_of_its_own_orders_only(portal: &TestPortal) {
    let (mine, other) = (portal.customer().await, portal.customer().await);
    let mut socket = connected(portal, &mine).await;
    assert_eq!(other.order("theirs", &portal.sim_order().await).await.status, 201);
    let order: OrderDetail = mine.order("mine", &portal.sim_order().await).await.json();
    assert_eq!(Socket::expect(socket.receive().await), ServerMessage::OrderChanged { order_id: order.id });
    portal.bus.send(BusMessage::Everyone { message: ServerMessage::CatalogChanged }).await;
    assert_eq!(Socket::expect(socket.receive().await), ServerMessage::CatalogChanged);
    socket.send(&ClientMessage::Ping).await;
    assert_eq!(Socket::expect(socket.receive().await), ServerMessage::Pong);
}

async fn a_ticket_works_once(portal: &TestPortal) {
    let browser = portal.customer().await;
    let once = ticket(&browser).await;
    let mut first = connect(portal, once.clone()).await;
    assert_eq!(Socket::expect(first.receive().await), ServerMessage::Ready);
    assert_eq!(connect(portal, once).await.receive().await, Frame::Close(POLICY));
    assert_eq!(connect(portal, "never given out".to_owned()).await.receive().await, Frame::Close(POLICY));
    let unused = ticket(&browser).await;
    browser.post("/api/auth/logout", &json!({})).await;
    assert_eq!(connect(portal, unused).await.receive().await, Frame::Close(POLICY), "it ends with its session");
    browser.post("/api/live/ticket", &json!({})).await.problem(ErrorCode::SessionEnded);
    assert_eq!(portal.count("live_ticket").await, 0);
}

async fn signing_out_closes_the_connection(portal: &TestPortal) {
    let (mine, other) = (portal.customer().await, portal.customer().await);
    let (mut my_page, mut their_page) = (connected(portal, &mine).await, connected(portal, &other).await);
    mine.post("/api/auth/logout", &json!({})).await;
    assert_eq!(Socket::expect(my_page.receive().await), ServerMessage::SignedOut);
    assert_eq!(my_page.receive().await, Frame::Close(NORMAL));
    their_page.send(&ClientMessage::Ping).await;
    assert_eq!(Socket::expect(their_page.receive().await), ServerMessage::Pong, "the other page stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_ends_after_thirty_seconds() {
    let now = Timestamp(1_800_000_000_000);
    let portal = TestPortal::start_at(now).await;
    let browser = portal.customer().await;
    let (early, late) = (ticket(&browser).await, ticket(&browser).await);
    portal.clock.set(now.plus_millis(29_999));
    assert_eq!(Socket::expect(connect(&portal, early).await.receive().await), ServerMessage::Ready);
    portal.clock.set(now.plus_millis(30_000));
    assert_eq!(connect(&portal, late).await.receive().await, Frame::Close(POLICY));
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_our_pages_may_connect_and_the_ticket_comes_first() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    for origin in ["https://evil.example", "null"] {
        assert_eq!(Socket::open(&portal.url, origin).await.err(), Some(403), "{origin}");
    }
    let plain = browser.request(reqwest::Method::GET, "/api/live").header("origin", &portal.url);
    Browser::send(plain).await.problem(ErrorCode::Unreadable);
    for first in ["{\"type\":\"ping\"}", "nonsense", "{\"type\":\"auth\"}"] {
        let mut socket = Socket::open(&portal.url, &portal.url).await.unwrap();
        socket.send_text(first).await;
        assert_eq!(socket.receive().await, Frame::Close(POLICY), "{first}");
    }
    let mut silent = Socket::open(&portal.url, &portal.url).await.unwrap();
    let started = std::time::Instant::now();
    assert_eq!(silent.receive().await, Frame::Close(POLICY));
    assert!((4..8).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    let mut talker = connected(&portal, &browser).await;
    talker.send_text(&"x".repeat(5_000)).await;
    assert_eq!(talker.receive().await, Frame::Close(POLICY), "a frame over 4 KiB");
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_connections_are_enough() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(connected(&portal, &browser).await);
    }
    assert_eq!(connect(&portal, ticket(&browser).await).await.receive().await, Frame::Close(POLICY));
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_process_sends_its_pages_elsewhere() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let mut socket = connected(&portal, &browser).await;
    let stopping = tokio::spawn(portal.stop());
    assert_eq!(socket.receive().await, Frame::Close(RESTART));
    drop((socket, browser));
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_missed_messages_reads_everything_again() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let me: domain::auth::Me = browser.get("/api/auth/me").await.json();
    let mut socket = connected(&portal, &browser).await;
    // More than the bus holds, faster than a socket that is not read can take them.
    for _ in 0..200_000 {
        let message = ServerMessage::OrderChanged { order_id: OrderId(platform::clock::new_id()) };
        portal.bus.send_customer(me.customer_id.unwrap(), message).await;
    }
    let mut last = None;
    let closed = loop {
        match socket.receive().await {
            Frame::Text(text) => last = Some(text),
            other => break other,
        }
    };
    assert_eq!(closed, Frame::Close(1013), "try again later");
    assert_eq!(last.as_deref(), Some(r#"{"type":"subscriptions_changed"}"#));
    portal.stop().await;
}
