use std::time::Duration;

use reqwest::Method;
use sandbox::{Config, Sandbox};
use serde_json::json;

use crate::pubsub::{Bus, ORDERS};
use crate::support::{Org, start, whmcs};

#[tokio::test]
async fn an_approval_publishes_one_event() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let bus = Bus::connect(&sandbox, &org).await;
    let (_open, mut stream) = bus.open(0, &[], 10).await.unwrap();
    // The stream stands when its headers are there; the tip is taken with the first request.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let id = org.draft_order("j-1", 101).await["compositeResponse"][0]["body"]["id"].as_str().unwrap().to_owned();
    sandbox.world().approve_order(&id).unwrap();
    assert!(sandbox.world().approve_order(&id).unwrap_err().contains("Approved"));
    let batch = tokio::time::timeout(Duration::from_secs(5), stream.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(batch.events.len(), 1);
    let dump = sandbox.world().dump();
    let events: Vec<_> = dump["events"].as_array().unwrap().iter().filter(|event| event["topic"] == ORDERS).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["fields"]["OrderId__c"], json!(id));
    assert_eq!(events[0]["fields"]["RequestId__c"].as_str().unwrap().len(), 36);
    let by_api = org.draft_order("j-2", 101).await["compositeResponse"][0]["body"]["id"].as_str().unwrap().to_owned();
    org.call(Method::PATCH, &format!("/sobjects/Order/{by_api}"), Some(json!({ "Status": "Approved" }))).await;
    let rejected = org.draft_order("j-3", 101).await["compositeResponse"][0]["body"]["id"].as_str().unwrap().to_owned();
    sandbox.world().reject_order(&rejected).unwrap();
    let dump = sandbox.world().dump();
    assert_eq!(dump["events"].as_array().unwrap().iter().filter(|event| event["topic"] == ORDERS).count(), 2);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_price_change_is_told() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let entry =
        org.first("SELECT Id FROM PricebookEntry WHERE Pricebook2.Name = 'Portal' AND ProductCode = 'SIM-V10'").await;
    let path = format!("/sobjects/PricebookEntry/{}", entry["Id"].as_str().unwrap());
    assert_eq!(org.call(Method::PATCH, &path, Some(json!({ "UnitPrice": 1700 }))).await.0, 204);
    assert_eq!(org.call(Method::PATCH, &path, Some(json!({ "UnitPrice": 1700 }))).await.0, 204);
    let dump = sandbox.world().dump();
    let told: Vec<_> = dump["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["topic"] == "/event/Product_Price_Changed__e")
        .collect();
    assert_eq!(told.len(), 1, "the same price again is no change");
    assert_eq!(told[0]["fields"]["UnitPrice__c"], json!(1700.0));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_world_survives_a_restart_with_and_without_a_clean_stop() {
    let dir = std::env::temp_dir().join(format!("sandbox-restart-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    let config = || Config { data_dir: Some(dir.clone()), ..Config::default() };
    let first = sandbox::start(config()).await.unwrap();
    whmcs(&first, "AddOrder", &[("clientid", "1"), ("paymentmethod", "stripe"), ("pid[0]", "101")]).await;
    let orders = first.world().whmcs_orders().len();
    let (ca, secret) = (first.endpoints().ca_pem.clone(), first.credentials().whmcs_secret.clone());
    // What a killed process leaves behind: the files as they are right after the answer.
    let copy = dir.with_extension("killed");
    let _ = std::fs::remove_dir_all(&copy);
    std::fs::create_dir_all(&copy).unwrap();
    for file in std::fs::read_dir(&dir).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    first.stop().await;
    let check = async |dir: &std::path::Path| -> Sandbox {
        let again = sandbox::start(Config { data_dir: Some(dir.to_owned()), ..Config::default() }).await.unwrap();
        assert_eq!(again.world().whmcs_orders().len(), orders);
        assert_eq!((&again.endpoints().ca_pem, &again.credentials().whmcs_secret), (&ca, &secret));
        again
    };
    check(&dir).await.stop().await;
    check(&copy).await.stop().await;
    std::fs::remove_dir_all(dir).unwrap();
    std::fs::remove_dir_all(copy).unwrap();
}
