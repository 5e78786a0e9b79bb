//! Faults over HTTP, and the JSON that sets them.

use std::time::{Duration, Instant};

use sandbox::{Aim, Fault, FaultKind, Sandbox, System};
use serde_json::{Value, json};

use crate::support::{Freebit, Org, http, start, whmcs, whmcs_status};

fn put(sandbox: &Sandbox, operation: &str, kind: FaultKind) {
    let fault = Fault { system: System::Whmcs, operation: Some(operation.to_owned()), kind, times: Some(1) };
    sandbox.world().add_fault(fault);
}

fn credits(sandbox: &Sandbox, description: &str) -> usize {
    let all = sandbox.world().dump()["whmcs"]["credits"].as_array().unwrap().clone();
    all.iter().filter(|row| row["description"] == description).count()
}

const ADD: &[(&str, &str)] = &[("clientid", "1"), ("amount", "1"), ("type", "add")];

async fn add_credit(sandbox: &Sandbox, description: &str) -> Value {
    whmcs(sandbox, "AddCredit", &[ADD, &[("description", description)]].concat()).await.1
}

#[tokio::test]
async fn a_slow_answer_comes_in_pieces_and_whole() {
    let sandbox = start().await;
    let calm = whmcs_status(&sandbox, "GetCurrencies").await;
    put(&sandbox, "GetCurrencies", FaultKind::Drip { pieces: 10, pause_ms: 30 });
    let started = Instant::now();
    let slow = whmcs_status(&sandbox, "GetCurrencies").await;
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(slow, calm, "nothing of the answer is missing");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_large_answer_is_still_json_and_the_work_is_done() {
    let sandbox = start().await;
    put(&sandbox, "AddCredit", FaultKind::TooLarge { megabytes: 3 });
    let credentials = sandbox.credentials();
    let mut form = vec![
        ("identifier", credentials.whmcs_identifier.as_str()),
        ("secret", &credentials.whmcs_secret),
        ("action", "AddCredit"),
        ("responsetype", "json"),
        ("description", "large"),
    ];
    form.extend(ADD);
    let url = format!("{}/includes/api.php", sandbox.endpoints().whmcs);
    let reply = http().post(url).form(&form).send().await.unwrap();
    assert_eq!(reply.headers().get("content-length"), None, "a client cannot know beforehand");
    let body = reply.text().await.unwrap();
    assert!(body.len() > 3_000_000, "{}", body.len());
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["result"], "success");
    assert_eq!(credits(&sandbox, "large"), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn answers_of_another_kind_hide_work_that_was_done_and_a_warning_work_that_was_not() {
    let sandbox = start().await;
    put(&sandbox, "GetCurrencies", FaultKind::Html200);
    let (status, page) = whmcs_status(&sandbox, "GetCurrencies").await;
    assert!(status == 200 && page.starts_with("<!DOCTYPE html>"), "{page}");
    put(&sandbox, "AddCredit", FaultKind::Mislabelled);
    assert_eq!(add_credit(&sandbox, "mislabelled").await["result"], "success");
    assert_eq!(credits(&sandbox, "mislabelled"), 1);
    put(&sandbox, "AddCredit", FaultKind::SoftFailure("The gateway is busy".to_owned()));
    let soft = add_credit(&sandbox, "soft").await;
    assert_eq!(soft, json!({ "result": "success", "warning": "The gateway is busy" }));
    assert_eq!(credits(&sandbox, "soft"), 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_ended_session_is_really_over() {
    let sandbox = start().await;
    let expire = |system| {
        let kind = FaultKind::ExpiredSession;
        sandbox.world().add_fault(Fault { system, operation: None, kind, times: Some(1) });
    };
    let (first, second) = (Org::sign_in(&sandbox).await, Org::sign_in(&sandbox).await);
    expire(System::Salesforce);
    for turn in ["struck", "and afterwards"] {
        let (status, body) = first.query("SELECT Id FROM Account").await;
        assert_eq!((status, &body[0]["errorCode"]), (401, &json!("INVALID_SESSION_ID")), "{turn}");
    }
    assert_eq!(second.query("SELECT Id FROM Account").await.0, 200, "another session goes on");

    let freebit = Freebit::sign_in(&sandbox).await;
    expire(System::Freebit);
    let account = || json!({ "account": "07000300001" });
    for turn in ["struck", "and afterwards"] {
        assert_eq!(freebit.code("mvno/getTrafficInfo", account()).await, "210-2", "{turn}");
    }
    let again = Freebit::sign_in(&sandbox).await;
    assert_eq!(again.code("mvno/getTrafficInfo", account()).await, "100-200");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_partial_outage_can_be_repeated() {
    let sandbox = start().await;
    let outage = async |aim: Aim| {
        let fault = Fault { system: System::Whmcs, operation: None, kind: FaultKind::Html503, times: None };
        sandbox.world().clear_faults();
        sandbox.world().add_fault(fault.aimed(aim));
        let mut seen = String::new();
        for _ in 0..20 {
            seen.push(if whmcs_status(&sandbox, "GetCurrencies").await.0 == 200 { '.' } else { 'x' });
        }
        seen
    };
    let share = |seed| Aim { share: Some(40), seed, ..Aim::default() };
    let first = outage(share(3)).await;
    assert!(first.contains('.') && first.contains('x'), "{first}");
    assert_eq!(outage(share(3)).await, first);
    assert_ne!(outage(share(4)).await, first);
    assert_eq!(outage(Aim { skip: 2, every: Some(3), ..Aim::default() }).await, "....x..x..x..x..x..x");
    sandbox.stop().await;
}

#[tokio::test]
async fn one_customers_calls_fail_in_every_system() {
    let sandbox = start().await;
    let one = |system, name: &str, value: &str| {
        let fault = Fault { system, operation: None, kind: FaultKind::Status(503, None), times: None };
        let parameters = [(name.to_owned(), value.to_owned())].into();
        sandbox.world().add_fault(fault.aimed(Aim { parameters, ..Aim::default() }));
    };
    let org = Org::sign_in(&sandbox).await;
    let accounts = org.query("SELECT Id FROM Account ORDER BY Id").await.1;
    let id = |at: usize| accounts["records"][at]["Id"].as_str().unwrap().to_owned();
    one(System::Whmcs, "clientid", "1");
    one(System::Freebit, "account", "07000300001");
    one(System::Salesforce, "*", &id(0));
    assert_eq!(whmcs(&sandbox, "GetInvoices", &[("clientid", "2")]).await.0, 200);
    let read = async |at: usize| {
        let path = format!("/sobjects/Account/{}", id(at));
        org.call(reqwest::Method::GET, &path, None).await.0
    };
    assert_eq!((read(0).await, read(1).await), (503, 200));
    let query = async |at: usize| org.query(&format!("SELECT Id FROM Case WHERE AccountId = '{}'", id(at))).await.0;
    assert_eq!((query(0).await, query(1).await), (503, 200));
    let freebit = Freebit::sign_in(&sandbox).await;
    assert_eq!(freebit.code("mvno/getTrafficInfo", json!({ "account": "07000300002" })).await, "100-200");
    let list = sandbox.world().faults();
    assert_eq!(list.iter().map(|fault| fault.struck).collect::<Vec<_>>(), [0, 0, 2]);
    sandbox.stop().await;
}

#[tokio::test]
async fn faults_are_listed_removed_and_refused_over_json() {
    let sandbox = start().await;
    let api = format!("{}/console/api/faults", sandbox.endpoints().console);
    let post = async |body: Value| {
        let reply = http().post(&api).json(&body).send().await.unwrap();
        (reply.status().as_u16(), reply.json::<Value>().await.unwrap())
    };
    let (status, first) = post(json!({ "system": "Whmcs", "kind": "Garbled" })).await;
    assert_eq!(status, 201);
    let (_, second) = post(json!({
        "system": "Whmcs", "operation": "GetCurrencies", "kind": { "Status": [503, 4] }, "times": 2, "every": 2,
        "parameters": { "responsetype": "json" },
    }))
    .await;
    assert_eq!(http().delete(format!("{api}/{}", first["id"])).send().await.unwrap().status(), 204);
    assert_eq!(http().delete(format!("{api}/{}", first["id"])).send().await.unwrap().status(), 404);
    let listed: Vec<Value> = http().get(&api).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["id"], &listed[0]["every"], &listed[0]["struck"]), (&second["id"], &json!(2), &json!(0)));
    assert_eq!(whmcs_status(&sandbox, "GetCurrencies").await.0, 200);
    assert_eq!(whmcs_status(&sandbox, "GetCurrencies").await.0, 503);
    let listed: Vec<Value> = http().get(&api).send().await.unwrap().json().await.unwrap();
    assert_eq!((&listed[0]["seen"], &listed[0]["struck"], &listed[0]["times"]), (&json!(2), &json!(1), &json!(1)));
    for (wrong, reason) in [
        (json!({ "system": "Whmcs", "kind": "Duplicate" }), "cannot fail in this way"),
        (json!({ "system": "Whmcs", "kind": "Garbled", "parameter": {} }), "unknown field"),
        (json!({ "system": "Whmcs", "kind": "Nothing" }), "unknown variant"),
    ] {
        let (status, body) = post(wrong.clone()).await;
        assert!(status == 422 && body["message"].as_str().unwrap().contains(reason), "{wrong}: {body}");
    }
    let foreign = http().delete(&api).header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    sandbox.stop().await;
}
