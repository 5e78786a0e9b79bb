use reqwest::Method;
use sandbox::{Config, Fault, FaultKind, System};
use serde_json::{Value, json};

use crate::support::{Org, assertion, http, start, token_reply};

#[tokio::test]
async fn a_token_is_given_for_a_good_assertion_only() {
    let sandbox = start().await;
    let base = &sandbox.endpoints().salesforce;
    let reply = token_reply(base, &http(), &assertion(&sandbox, |_| ())).await;
    assert_eq!(reply.status(), 200);
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["instance_url"], json!(base));
    assert!(
        body["access_token"].as_str().unwrap().starts_with("00D")
            && body["access_token"].as_str().unwrap().as_bytes()[15] == b'!'
    );
    assert!(body.get("refresh_token").is_none() && body.get("expires_in").is_none());
    let own = assertion(&sandbox, |claims| claims["aud"] = json!(base));
    assert_eq!(token_reply(base, &http(), &own).await.status(), 200, "own login URL");
    let text_exp = assertion(&sandbox, |claims| claims["exp"] = json!(claims["exp"].to_string()));
    assert_eq!(token_reply(base, &http(), &text_exp).await.status(), 200, "exp as a text");
    for (change, error) in [
        (json!({ "aud": "https://elsewhere.example.com" }), "invalid_grant"),
        (json!({ "exp": 1 }), "invalid_grant"),
        (json!({ "sub": "nobody@example.com" }), "invalid_grant"),
        (json!({ "iss": "other" }), "invalid_client_id"),
    ] {
        let bad =
            assertion(&sandbox, |claims| claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone()));
        let reply = token_reply(base, &http(), &bad).await;
        assert_eq!(reply.status(), 400);
        assert_eq!(reply.json::<Value>().await.unwrap()["error"], error, "{change}");
    }
    let mut forged = assertion(&sandbox, |_| ());
    forged.replace_range(forged.len() - 12..forged.len() - 6, "AAAAAA");
    assert_eq!(
        token_reply(base, &http(), &forged).await.json::<Value>().await.unwrap()["error_description"],
        "invalid assertion"
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn the_https_port_speaks_the_same_with_the_sandboxs_authority() {
    let sandbox = start().await;
    let ca = reqwest::Certificate::from_pem(sandbox.endpoints().ca_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    let base = &sandbox.endpoints().salesforce_tls;
    let body: Value = token_reply(base, &client, &assertion(&sandbox, |_| ())).await.json().await.unwrap();
    assert_eq!(body["instance_url"], json!(base));
    sandbox.stop().await;
}

#[tokio::test]
async fn queries_select_filter_and_page() {
    let sandbox = sandbox::start(Config { query_page_size: 5, ..Config::default() }).await.unwrap();
    let org = Org::sign_in(&sandbox).await;
    let (_, all) = org.query("SELECT COUNT() FROM Product2 WHERE Portal_Catalog__c = true AND IsActive = true").await;
    let total = all["totalSize"].as_u64().unwrap();
    assert!(total >= 14 && all["records"] == json!([]));
    let (_, mut page) = org.query("SELECT Name, Product2.WHMCS_Product_ID__c, UnitPrice FROM PricebookEntry WHERE Pricebook2.Name = 'Portal' ORDER BY Product2.Portal_Sort__c").await;
    let expected = page["totalSize"].as_u64().unwrap() as usize;
    let mut seen = Vec::new();
    loop {
        seen.extend(page["records"].as_array().unwrap().clone());
        if page["done"] == true {
            assert!(page.get("nextRecordsUrl").is_none());
            break;
        }
        let next = page["nextRecordsUrl"].as_str().unwrap().to_owned();
        page = org.call(Method::GET, next.strip_prefix("/services/data/v60.0").unwrap(), None).await.1;
    }
    assert_eq!(seen.len(), expected);
    let record = &seen[0];
    assert_eq!(record["attributes"]["type"], "PricebookEntry");
    assert_eq!(record["Product2"]["attributes"]["type"], "Product2");
    assert_eq!(record["Product2"]["WHMCS_Product_ID__c"].as_f64(), Some(101.0));
    let order = org.first("SELECT Id, (SELECT TotalPrice FROM OrderItems), Account.Name FROM Order WHERE Account.Customer_Number__c = 'c-100001'").await;
    assert_eq!(order["OrderItems"]["done"], true);
    assert!(order["OrderItems"]["records"].as_array().unwrap().len() == 4);
    // Members stand in the order of the SELECT, attributes first.
    let url = format!("{}/services/data/v60.0/query/?q=SELECT+Name,Id+FROM+Account+LIMIT+1", org.base);
    let raw = org.http.get(url).bearer_auth(&org.token).send().await.unwrap();
    assert!(raw.headers()["sforce-limit-info"].to_str().unwrap().starts_with("api-usage="));
    assert_eq!(raw.headers()["content-type"], "application/json;charset=UTF-8");
    let raw = raw.text().await.unwrap();
    let at = |name: &str| raw.find(&format!("\"{name}\"")).unwrap();
    assert!(at("attributes") < at("Name") && at("Name") < at("Id"));
    for (soql, code) in [
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE CreatedDate = 'yesterday'", "INVALID_FIELD"),
    ] {
        let (status, body) = org.query(soql).await;
        assert_eq!((status, body[0]["errorCode"].as_str().unwrap()), (400, code), "{soql}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn records_are_made_read_changed_and_deleted() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let (status, made) = org
        .call(
            Method::POST,
            "/sobjects/Account",
            Some(json!({ "Name": "New", "Customer_Number__c": "C-9", "Phone": "" })),
        )
        .await;
    assert_eq!((status, &made["success"], &made["errors"]), (201, &json!(true), &json!([])));
    let id = made["id"].as_str().unwrap();
    assert!(id.len() == 18 && id.starts_with("001"));
    let (_, read) = org.call(Method::GET, &format!("/sobjects/Account/{}", &id[..15]), None).await;
    assert_eq!((&read["Name"], &read["Phone"]), (&json!("New"), &Value::Null));
    let created = read["CreatedDate"].as_str().unwrap();
    assert!(created.ends_with("+0000") && created.len() == 28, "{created}");
    let (status, twin) =
        org.call(Method::POST, "/sobjects/Account", Some(json!({ "Name": "Twin", "Customer_Number__c": "c-9" }))).await;
    assert_eq!((status, twin[0]["errorCode"].as_str().unwrap()), (400, "DUPLICATE_VALUE"));
    assert!(
        twin[0]["message"].as_str().unwrap().contains("Customer_Number__c")
            && twin[0]["message"].as_str().unwrap().contains(&id[..15])
    );
    let (status, missing) = org.call(Method::POST, "/sobjects/Contact", Some(json!({ "FirstName": "A" }))).await;
    assert_eq!((status, &missing[0]["fields"]), (400, &json!(["LastName"])));
    let (status, _) =
        org.call(Method::PATCH, &format!("/sobjects/Account/{id}"), Some(json!({ "Phone": "070" }))).await;
    assert_eq!(status, 204);
    let (status, unknown) =
        org.call(Method::PATCH, &format!("/sobjects/Account/{id}"), Some(json!({ "Nope__c": 1 }))).await;
    assert_eq!((status, unknown[0]["errorCode"].as_str().unwrap()), (400, "INVALID_FIELD"));
    let (status, up) =
        org.call(Method::PATCH, "/sobjects/Account/Customer_Number__c/C-9", Some(json!({ "Name": "Renamed" }))).await;
    assert_eq!((status, &up["created"]), (200, &json!(false)));
    let (status, up) =
        org.call(Method::PATCH, "/sobjects/Account/Customer_Number__c/C%2F10", Some(json!({ "Name": "Slash" }))).await;
    assert_eq!((status, &up["created"]), (201, &json!(true)));
    assert_eq!(org.call(Method::DELETE, &format!("/sobjects/Account/{id}"), None).await.0, 204);
    assert_eq!(org.call(Method::GET, &format!("/sobjects/Account/{id}"), None).await.0, 404);
    let stranger = Org { token: "00D!x".to_owned(), ..Org::sign_in(&sandbox).await };
    let (status, body) = stranger.call(Method::GET, "/limits", None).await;
    assert_eq!(
        (status, body),
        (401, json!([{ "message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID" }]))
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn a_composite_order_is_all_or_nothing_and_its_rules_hold() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let count = async || org.query("SELECT COUNT() FROM Order").await.1["totalSize"].as_u64().unwrap();
    let before = count().await;
    let reply = org.draft_order("0196-a", 102).await;
    let parts = reply["compositeResponse"].as_array().unwrap();
    assert_eq!(parts.iter().map(|part| part["httpStatusCode"].as_u64().unwrap()).collect::<Vec<_>>(), [201, 201]);
    let id = parts[0]["body"]["id"].as_str().unwrap().to_owned();
    assert!(parts[0]["httpHeaders"]["Location"].as_str().unwrap().ends_with(&id));
    let order = org
        .first("SELECT Status, StatusCode, TotalAmount, OrderNumber FROM Order WHERE Portal_Order_Id__c = '0196-a'")
        .await;
    assert_eq!((&order["Status"], &order["TotalAmount"]), (&json!("Draft"), &json!(1780.0)));
    assert_eq!(order["OrderNumber"].as_str().unwrap().len(), 8);

    let again = org.draft_order("0196-a", 102).await;
    assert_eq!(again["compositeResponse"][0]["body"][0]["errorCode"], "DUPLICATE_VALUE");
    assert_eq!(again["compositeResponse"][1]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(count().await, before + 1, "the refused repeat left nothing");

    let path = format!("/sobjects/Order/{id}");
    let patch = async |body: Value| org.call(Method::PATCH, &path, Some(body)).await;
    assert_eq!(patch(json!({ "Status": "Odd" })).await.1[0]["errorCode"], "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    assert_eq!(patch(json!({ "Status": "Activated" })).await.0, 204);
    assert_eq!(patch(json!({ "Status": "Draft" })).await.0, 400);
    assert_eq!(patch(json!({ "Activation_Status__c": "Activated", "MSISDN__c": "07001000000" })).await.0, 204);
    sandbox.stop().await;
}

#[tokio::test]
async fn trees_and_collections_save_as_documented() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let tree = |last: Value| {
        json!({ "records": [{ "attributes": { "type": "Account", "referenceId": "a" }, "Name": "Tree",
            "Contacts": { "records": [{ "attributes": { "type": "Contact", "referenceId": "c" }, "LastName": last }] } }] })
    };
    let (status, made) = org.call(Method::POST, "/composite/tree/Account", Some(tree(json!("Leaf")))).await;
    assert_eq!((status, &made["hasErrors"]), (201, &json!(false)));
    assert_eq!(made["results"][1]["referenceId"], "c");
    let (status, failed) = org.call(Method::POST, "/composite/tree/Account", Some(tree(json!("x".repeat(81))))).await;
    assert_eq!((status, failed["results"][0]["errors"][0]["statusCode"].as_str().unwrap()), (400, "STRING_TOO_LONG"));
    assert_eq!(org.query("SELECT COUNT() FROM Account WHERE Name = 'Tree'").await.1["totalSize"], 1);
    let rows = json!({ "allOrNone": true, "records": [
        { "attributes": { "type": "Contact" }, "LastName": "One" }, { "attributes": { "type": "Contact" }, "FirstName": "Two" } ] });
    let (status, saved) = org.call(Method::POST, "/composite/sobjects", Some(rows)).await;
    assert_eq!(status, 200);
    assert_eq!(saved[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(saved[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert!(saved[1].get("id").is_none());
    sandbox.stop().await;
}

#[tokio::test]
async fn faults_strike_where_they_are_put() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let put = |operation: &str, kind: FaultKind| {
        sandbox.world().add_fault(Fault {
            system: System::Salesforce,
            operation: Some(operation.into()),
            kind,
            times: Some(1),
        });
    };
    put("query", FaultKind::Status(503, Some(3)));
    let response = org
        .http
        .get(format!("{}/services/data/v60.0/query?q=SELECT+Id+FROM+Account", org.base))
        .bearer_auth(&org.token)
        .send()
        .await
        .unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (503, "3"));
    put("Account.create", FaultKind::DropAfterCommit);
    let sent = org
        .http
        .post(format!("{}/services/data/v60.0/sobjects/Account", org.base))
        .bearer_auth(&org.token)
        .json(&json!({ "Name": "Lost" }))
        .send()
        .await;
    assert!(sent.is_err(), "no answer at all");
    assert_eq!(org.query("SELECT COUNT() FROM Account WHERE Name = 'Lost'").await.1["totalSize"], 1, "but done");
    sandbox.world().drop_sessions();
    assert_eq!(org.query("SELECT Id FROM Account").await.0, 401);
    sandbox.stop().await;
}
