//! The log of calls: what it keeps, what it must not keep, and how it is searched.

use sandbox::{CallFilter, Fault, FaultKind, System};
use serde_json::{Value, json};

use crate::support::{Freebit, Org, http, start, whmcs, whmcs_status};

#[tokio::test]
async fn a_call_is_kept_with_its_parameters_and_without_its_secrets() {
    let sandbox = start().await;
    let mark = sandbox.world().last_call();
    let card = [
        ("clientid", "1"),
        ("type", "RemoteCreditCard"),
        ("gateway_module_name", "stripe"),
        ("card_number", "4242424242424242"),
        ("card_expiry", "1239"),
        ("card_cvv", "737"),
        ("description", "my card"),
    ];
    whmcs(&sandbox, "AddPayMethod", &card).await;
    whmcs(&sandbox, "ValidateLogin", &[("email", "a@example.com"), ("password2", "open sesame")]).await;
    let org = Org::sign_in(&sandbox).await;
    org.draft_order("log-1", 101).await;
    org.query("SELECT Id FROM Case").await;
    let freebit = Freebit::sign_in(&sandbox).await;
    freebit.detail("07000300001").await;

    let calls = sandbox.world().calls_since(mark);
    let text = serde_json::to_string(&calls).unwrap();
    let keys = sandbox.credentials();
    for secret in [
        "4242424242424242",
        "\"737\"",
        "open sesame",
        &keys.whmcs_secret,
        &keys.freebit_oem_key,
        &freebit.auth_key,
        &org.token,
    ] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    // The signed assertion of the sign-in: a JWT begins with these letters.
    assert!(!text.contains("eyJ"), "an assertion is in the log");
    let find = |operation: &str| calls.iter().find(|call| call.operation == operation).unwrap();
    let stored = find("AddPayMethod");
    assert_eq!((stored.status, stored.parameters["card_number"].as_str()), (Some(200), "***"));
    assert_eq!((&*stored.parameters["clientid"], &*stored.parameters["description"]), ("1", "my card"));
    assert_eq!(find("composite").parameters["order.Portal_Order_Id__c"], "log-1");
    assert_eq!(find("mvno/getDetail").parameters["requestDatas.0.account"], "07000300001");
    assert!(calls.iter().any(|c| c.parameters.get("q").is_some_and(|q| q == "SELECT Id FROM Case")));
    assert_eq!(find("token").parameters["assertion"], "***");
    assert!(calls.windows(2).all(|pair| pair[0].sequence + 1 == pair[1].sequence), "numbers have no gaps");
    sandbox.stop().await;
}

#[tokio::test]
async fn the_log_is_searched_and_forgotten_over_json() {
    let sandbox = start().await;
    let api = format!("{}/console/api/calls", sandbox.endpoints().console);
    let found = async |query: &str| -> Vec<Value> {
        let reply = http().get(format!("{api}?{query}")).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{query}");
        reply.json().await.unwrap()
    };
    sandbox.world().add_fault(Fault {
        system: System::Whmcs,
        operation: Some("GetCurrencies".into()),
        kind: FaultKind::Status(503, None),
        times: Some(1),
    });
    whmcs_status(&sandbox, "GetCurrencies").await;
    whmcs(&sandbox, "GetInvoices", &[("userid", "1")]).await;
    whmcs(&sandbox, "GetInvoices", &[("userid", "2")]).await;
    Org::sign_in(&sandbox).await;
    let operations = async |query: &str| -> Vec<String> {
        found(query).await.iter().map(|call| call["operation"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(operations("").await, ["GetCurrencies", "GetInvoices", "GetInvoices", "token"]);
    assert_eq!(operations("system=Salesforce").await, ["token"]);
    assert_eq!(operations("operation=getinvoices&parameter=userid%3D2").await.len(), 1);
    assert_eq!(operations("parameter=userid").await.len(), 2);
    assert_eq!(operations("status=5xx").await, ["GetCurrencies"]);
    assert_eq!(operations("status=200").await.len(), 3);
    let struck = &found("status=503").await[0];
    assert_eq!(struck["fault"], json!({ "Status": [503, null] }));
    let first = struck["sequence"].as_u64().unwrap();
    assert_eq!(operations(&format!("since={}", first + 2)).await, ["token"]);
    let wrong = http().get(format!("{api}?stat=5")).send().await.unwrap();
    assert_eq!(wrong.status(), 400, "a misspelt filter would show everything");

    let foreign = http().delete(&api).header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    assert_eq!(http().delete(&api).send().await.unwrap().status(), 204);
    assert!(sandbox.world().calls().is_empty());
    whmcs_status(&sandbox, "GetCurrencies").await;
    assert_eq!(found("").await[0]["sequence"].as_u64().unwrap(), first + 4, "numbers go on");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_lost_answer_has_no_status() {
    let sandbox = start().await;
    let (system, kind) = (System::Whmcs, FaultKind::DropAfterCommit);
    sandbox.world().add_fault(Fault { system, operation: None, kind: kind.clone(), times: Some(1) });
    let url = format!("{}/includes/api.php", sandbox.endpoints().whmcs);
    assert!(http().post(url).form(&[("action", "GetCurrencies")]).send().await.is_err());
    let filter = CallFilter { operation: Some("GetCurrencies".into()), ..CallFilter::default() };
    let calls = sandbox.world().calls_that(&filter);
    assert_eq!((calls[0].status, calls[0].fault.as_ref()), (None, Some(&kind)));
    assert!(calls[0].outcome.ends_with("(answer lost)"), "{}", calls[0].outcome);
    sandbox.stop().await;
}
