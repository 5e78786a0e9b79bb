use sandbox::{Fault, FaultKind, System};
use serde_json::{Value, json};

use crate::support::{Org, http, start, whmcs};

#[tokio::test]
async fn staff_see_and_decide_orders() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let id = org.draft_order("<b>x</b>", 101).await["compositeResponse"][0]["body"]["id"].as_str().unwrap().to_owned();
    let console = &sandbox.endpoints().console;
    let page = http().get(console).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains(&format!("/console/orders/{id}/approve"))
            && page.contains("佐藤 美佳")
            && page.contains("伊藤商店 &amp; Sons")
    );
    let approve = format!("{console}/console/orders/{id}/approve");
    let foreign = http().post(&approve).header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    assert_eq!(http().get(console).header("host", "evil.example").send().await.unwrap().status(), 403);
    let approved = http().post(&approve).header("origin", console).send().await.unwrap();
    assert!(approved.status().is_success(), "{}", approved.status());
    let orders: Vec<Value> =
        http().get(format!("{console}/console/api/orders")).send().await.unwrap().json().await.unwrap();
    let order = orders.iter().find(|order| order["Id"] == json!(id)).unwrap();
    assert_eq!(order["Status"], "Approved");
    let again = http().post(format!("{console}/console/api/orders/{id}/reject")).send().await.unwrap();
    assert_eq!(again.status(), 409);
    sandbox.stop().await;
}

#[tokio::test]
async fn tests_set_faults_and_start_over() {
    let sandbox = start().await;
    let api = format!("{}/console/api", sandbox.endpoints().console);
    let fault = Fault {
        system: System::Whmcs,
        operation: Some("GetCurrencies".into()),
        kind: FaultKind::Refuse("No".into()),
        times: None,
    };
    assert_eq!(http().post(format!("{api}/faults")).json(&fault).send().await.unwrap().status(), 201);
    assert_eq!(whmcs(&sandbox, "GetCurrencies", &[]).await.1, json!({ "result": "error", "message": "No" }));
    http().delete(format!("{api}/faults")).send().await.unwrap();
    assert_eq!(whmcs(&sandbox, "GetCurrencies", &[]).await.1["currencies"]["currency"][0]["code"], "JPY");
    let calls: Vec<Value> = http().get(format!("{api}/calls")).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&calls[0]["system"], &calls[0]["operation"], &calls[0]["outcome"]),
        (&json!("Whmcs"), &json!("GetCurrencies"), &json!("error: No"))
    );
    whmcs(&sandbox, "AddOrder", &[("clientid", "1"), ("paymentmethod", "stripe"), ("pid[0]", "101")]).await;
    let orders = sandbox.world().whmcs_orders().len();
    assert_eq!(http().post(format!("{api}/reset")).send().await.unwrap().status(), 204);
    assert_eq!(sandbox.world().whmcs_orders().len(), orders - 1);
    let world: Value = http().get(format!("{api}/world")).send().await.unwrap().json().await.unwrap();
    assert!(
        world["freebit"]["lines"].as_array().unwrap().len() >= 6
            && world["salesforce"]["Account"].as_array().unwrap().len() == 5
    );
    sandbox.stop().await;
}
