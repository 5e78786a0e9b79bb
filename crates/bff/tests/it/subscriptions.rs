//! Services of a customer, from billing, catalogue and carrier.

use crate::harness::TestPortal;
use domain::ErrorCode;
use domain::catalog::Category;
use domain::subscriptions::SubscriptionDetail;
use domain::subscriptions::contract::{LinePart, SubscriptionList};
use sandbox::{DelayPoint, FaultKind, System};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_sees_their_services_and_nobody_elses() {
    let portal = TestPortal::start().await;
    let newcomer = portal.customer().await;
    let none: SubscriptionList = newcomer.get("/api/subscriptions").await.json();
    assert!(none.items.is_empty());
    let mika = portal.mika().await;
    let list: SubscriptionList = mika.get("/api/subscriptions").await.json();
    let services = portal.world().whmcs_services();
    let client = |s: &serde_json::Value| s["userid"].as_u64().or(s["clientid"].as_u64());
    let of_mika = services.iter().filter(|s| client(s) == Some(1)).count();
    assert_eq!(list.items.len(), of_mika);
    assert!(of_mika >= 3 && services.len() > of_mika);
    assert!(list.items.iter().any(|s| s.category == Some(Category::Internet)));
    let sim = list.items.iter().find(|s| s.category == Some(Category::Sim) && s.number.is_some()).unwrap();
    let detail: SubscriptionDetail = mika.get(&format!("/api/subscriptions/{}", sim.id)).await.json();
    assert_eq!(detail.subscription, *sim);
    let LinePart::Ready { line, .. } = detail.line else { panic!("{:?}", detail.line) };
    assert_eq!(Some(&line.number), sim.number.as_ref());
    newcomer.get(&format!("/api/subscriptions/{}", sim.id)).await.problem(ErrorCode::NotFound);
    let foreign = services.iter().find(|s| client(s).is_some_and(|c| c != 1)).unwrap();
    let foreign = format!("/api/subscriptions/{}", foreign["id"]).replace('"', "");
    mika.get(&foreign).await.problem(ErrorCode::NotFound);
    for odd in ["999999", "0", "-1", "abc"] {
        mika.get(&format!("/api/subscriptions/{odd}")).await.problem(ErrorCode::NotFound);
    }
    portal.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_silent_system_costs_only_its_own_part() {
    let portal = TestPortal::start().await;
    let mika = portal.mika().await;
    portal.world().add_fault(sandbox::Fault {
        system: System::Salesforce,
        operation: None,
        kind: FaultKind::Html503,
        times: None,
    });
    let list: SubscriptionList = mika.get("/api/subscriptions").await.json();
    assert!(list.items.iter().all(|s| s.category.is_none()), "without the catalogue no category");
    let sim = list.items.iter().find(|s| s.number.is_some()).unwrap();
    let path = format!("/api/subscriptions/{}", sim.id);
    let carrier = |kind| {
        portal.world().add_fault(sandbox::Fault { system: System::Freebit, operation: None, kind, times: None });
    };
    carrier(FaultKind::Html503);
    let detail: SubscriptionDetail = mika.get(&path).await.json();
    assert_eq!(detail.line, LinePart::Unavailable);
    portal.world().clear_faults();
    carrier(FaultKind::Delay(4_000, DelayPoint::BeforeCommit));
    let started = std::time::Instant::now();
    let detail: SubscriptionDetail = mika.get(&path).await.json();
    assert_eq!(detail.line, LinePart::Unavailable);
    assert!(started.elapsed().as_millis() < 3_900, "the carrier's time is up after three seconds");
    portal.world().clear_faults();
    portal.world().add_fault(sandbox::Fault {
        system: System::Whmcs,
        operation: None,
        kind: FaultKind::Html503,
        times: None,
    });
    for path in ["/api/subscriptions", path.as_str()] {
        assert!(mika.get(path).await.problem(ErrorCode::UpstreamUnavailable).retry_after.is_some());
    }
    portal.stop().await;
}
