//! Keeping a number: what is asked for, kept and told to the CRM, and what is refused.

use crate::browser::Browser;
use crate::harness::{TestPortal, on_both, order_of};
use domain::ErrorCode;
use domain::catalog::{Category, Plan, SimKind};
use domain::common::problem::Problem;
use domain::orders::schema::{NewOrder, SimChoice};
use domain::orders::{OrderDetail, PortIn};
use sandbox::{FaultKind, System};
use serde_json::json;

on_both! {
    a_kept_number_reaches_the_crm_and_no_page
    a_number_is_kept_by_one_open_order_at_a_time
    a_lost_answer_keeps_the_number_for_its_own_repeat
}

const NUMBER: &str = "09012345678";

fn eid(serial: u32) -> String {
    let body = format!("89049032{serial:022}");
    let rest = body.bytes().chain(*b"00").fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("{body}{:02}", 98 - rest)
}

fn port_in(portal: &TestPortal) -> PortIn {
    PortIn {
        phone_number: "090-1234-5678".to_owned(),
        reservation_number: "12-3456-7890".to_owned(),
        expires_on: portal.clock.now().date_in_japan().plus_days(2),
        holder_name_kana: "タナカ ユイ".to_owned(),
    }
}

async fn plan_where(portal: &TestPortal, fits: impl Fn(&Plan) -> bool) -> NewOrder {
    let catalog = portal.catalog().await;
    let plan = catalog.plans.iter().find(|p| p.category == Category::Sim && fits(p)).unwrap();
    order_of(&catalog, plan, Some(SimChoice { kind: SimKind::Esim, eid: Some(eid(1)), port_in: None }))
}

/// An eSIM with voice that keeps its number.
async fn keeping(portal: &TestPortal) -> NewOrder {
    let mut order = plan_where(portal, |plan| plan.voice).await;
    order.items[0].sim.as_mut().unwrap().port_in = Some(port_in(portal));
    order
}

async fn a_kept_number_reaches_the_crm_and_no_page(portal: &TestPortal) {
    let browser = portal.customer().await;
    let order = keeping(portal).await;
    let answer = browser.order("keep", &order).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let crm = &portal.crm_orders()[0];
    for (field, value) in [
        ("MNP_Application__c", json!(true)),
        ("MNP_Phone_Number__c", json!(NUMBER)),
        ("MNP_Reservation_Number__c", json!("1234567890")),
        ("MNP_Expiry_Date__c", json!(port_in(portal).expires_on.to_string())),
        ("MNP_Holder_Name_Kana__c", json!("タナカ ユイ")),
        ("EID__c", json!(eid(1))),
    ] {
        assert_eq!(crm[field], value, "{field}");
    }
    let detail: OrderDetail = answer.json();
    let shown = browser.get(&format!("/api/orders/{}", detail.id)).await.body;
    for secret in [NUMBER, "1234567890", "タナカ"] {
        assert!(!answer.body.contains(secret) && !shown.contains(secret), "{secret}");
    }
    assert_eq!(detail.first_bill.gross.minor, order.expected_total, "keeping a number costs nothing");
}

async fn a_number_is_kept_by_one_open_order_at_a_time(portal: &TestPortal) {
    let (first, second) = (portal.customer().await, portal.customer().await);
    let placed: OrderDetail = first.order("a", &keeping(portal).await).await.json();
    let mut other = keeping(portal).await;
    other.items[0].sim.as_mut().unwrap().eid = Some(eid(2));
    let refused = second.order("b", &other).await.problem(ErrorCode::PortInRunning);
    assert_eq!(refused.status, 409);
    assert_eq!(portal.crm_orders().len(), 1, "the CRM has not heard of it");
    first.order("c", &keeping(portal).await).await.problem(ErrorCode::PortInRunning);
    // The key is free for a corrected body.
    other.items[0].sim.as_mut().unwrap().port_in = None;
    assert_eq!(second.order("b", &other).await.status, 201);
    // The order has ended; the number may be asked for again.
    let sql = format!("UPDATE customer_order SET stage = 'rejected' WHERE number = '{}'", placed.number);
    sea_orm::ConnectionTrait::execute_unprepared(portal.db.conn(), &sql).await.unwrap();
    let answer = second.order("d", &keeping(portal).await).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

async fn a_lost_answer_keeps_the_number_for_its_own_repeat(portal: &TestPortal) {
    let (first, second) = (portal.customer().await, portal.customer().await);
    let order = keeping(portal).await;
    portal.fault(System::Salesforce, "composite", FaultKind::DropAfterCommit, Some(1));
    first.order("lost", &order).await.problem(ErrorCode::OutcomeUnknown);
    second.order("other", &keeping(portal).await).await.problem(ErrorCode::PortInRunning);
    assert_eq!(first.order("lost", &order).await.status, 201);
    assert_eq!(portal.crm_orders().len(), 1);
    assert_eq!(portal.count("port_in").await, 1);
}

async fn codes(browser: &Browser, order: &NewOrder) -> Vec<String> {
    let problem: Problem = browser.order("rules", order).await.problem(ErrorCode::Invalid);
    problem.errors.into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_cannot_be_kept_is_refused_beside_its_field() {
    let portal = TestPortal::start().await;
    let browser = portal.customer().await;
    let with = async |change: &dyn Fn(&mut SimChoice)| {
        let mut order = keeping(&portal).await;
        change(order.items[0].sim.as_mut().unwrap());
        codes(&browser, &order).await
    };
    let at = "#/items/0/sim/port_in";
    let physical = with(&|sim| (sim.kind, sim.eid) = (SimKind::Physical, None)).await;
    assert_eq!(physical, [format!("{at} port_in_needs_esim")]);
    let today = portal.clock.now().date_in_japan();
    for (days, code) in [(-1, "reservation_expired"), (0, "reservation_too_short"), (1, "reservation_too_short")] {
        let late = with(&|sim| sim.port_in.as_mut().unwrap().expires_on = today.plus_days(days)).await;
        assert_eq!(late, [format!("{at}/expires_on {code}")]);
    }
    let empty = with(&|sim| {
        let port_in = sim.port_in.as_mut().unwrap();
        port_in.phone_number.clear();
        port_in.reservation_number.clear();
        port_in.holder_name_kana = "Tanaka".to_owned();
    });
    let expected = ["holder_name_kana kana", "phone_number mobile_number", "reservation_number reservation_number"];
    assert_eq!(empty.await, expected.map(|field| format!("{at}/{field}")));
    let mut data_only = plan_where(&portal, |plan| !plan.voice).await;
    data_only.items[0].sim.as_mut().unwrap().port_in = Some(port_in(&portal));
    assert_eq!(codes(&browser, &data_only).await, [format!("{at} port_in_needs_voice")]);
    let mut twice = keeping(&portal).await;
    twice.items.push(twice.items[0].clone());
    assert_eq!(codes(&browser, &twice).await, ["#/items/1/sim/port_in port_in_once"]);
    assert!(portal.crm_orders().is_empty());
    assert_eq!(portal.count("port_in").await, 0, "nothing stays claimed");
    portal.stop().await;
}
