//! Answers about somebody else: refused, and logged for people to look at.

use crate::log::Log;
use crate::raw::{client, http, server_of};
use domain::ServiceId;
use integrations::UpstreamErrorKind;
use serde_json::{Value, json};

fn service(id: u64, client: u64) -> Value {
    json!({"id": id, "clientid": client, "orderid": 12, "pid": 3, "regdate": "2026-01-15", "name": "Data 10 GB",
        "translated_name": "Data 10 GB", "groupname": "SIM", "domain": "x", "firstpaymentamount": "5980.00",
        "recurringamount": "2980.00", "paymentmethod": "stripe", "billingcycle": "Monthly", "nextduedate": "2026-12-15",
        "status": "Active", "customfields": {"customfield": []}, "configoptions": {"configoption": []}})
}

fn list(services: &[Value]) -> String {
    let n = services.len();
    json!({"result": "success", "clientid": 7, "totalresults": n, "startnumber": 0, "numreturned": n,
        "products": {"product": services}})
    .to_string()
}

#[tokio::test]
async fn a_service_of_another_client_is_refused_and_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    // Of this thread, in which the whole test runs.
    let _listening = tracing::subscriber::set_default(subscriber);
    let lines = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let json = "content-type: application/json\r\n";
    let (mixed, alone) = (list(&[service(41, 7), service(42, 8)]), list(&[service(42, 8)]));
    let (base, _) = server_of(vec![http("200 OK", json, &mixed), http("200 OK", json, &alone)]).await;
    let whmcs = client(&base);

    let own = whmcs.services(7).await.unwrap();
    assert_eq!(own.iter().map(|s| s.subscription.id).collect::<Vec<_>>(), [ServiceId(41)]);
    assert!(lines().contains("WHMCS listed a service of another client whmcs.service=42"), "{}", lines());

    let error = whmcs.service(7, ServiceId(42)).await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::NotFound);
    assert!(lines().contains("WHMCS answered with a service of another client whmcs.service=42"), "{}", lines());
    assert!(!lines().contains("Data 10 GB"), "what it is stays out of the log");
}
