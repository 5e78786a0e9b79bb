//! What happens when the world's clock is moved.

use std::time::Duration;

use reqwest::Method;
use sandbox::{ClockMove, Config, Sandbox};
use serde_json::{Value, json};

use crate::support::{Org, http, start, whmcs};

const HOUR: Duration = Duration::from_secs(3_600);

fn advance(sandbox: &Sandbox, by: Duration) {
    sandbox.world().advance_clock(by).unwrap();
}

async fn freebit(sandbox: &Sandbox, path: &str, document: &Value) -> Value {
    let url = format!("{}/{path}/", sandbox.endpoints().freebit);
    let reply = http().post(url).form(&[("json", document.to_string())]).send().await.unwrap();
    serde_json::from_str(&reply.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn it_is_set_over_the_console_and_kept_between_starts() {
    let folder = std::env::temp_dir().join(format!("sandbox-clock-{}", std::process::id()));
    let config = || Config { data_dir: Some(folder.clone()), ..Config::default() };
    let sandbox = sandbox::start(config()).await.unwrap();
    let url = format!("{}/console/api/clock", sandbox.endpoints().console);
    let set = async |wish: Value| http().post(&url).json(&wish).send().await.unwrap();
    let before = sandbox.world().now_ms();
    assert_eq!(set(json!({ "by_days": 31 })).await.status(), 200);
    let shown: Value = http().get(&url).send().await.unwrap().json().await.unwrap();
    let ahead = shown["now_ms"].as_i64().unwrap() - before;
    assert!((31 * 86_400_000..31 * 86_400_000 + 60_000).contains(&ahead), "{shown}");
    assert_eq!(set(json!("freeze")).await.status(), 200);
    let still = sandbox.world().now_ms();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(sandbox.world().now_ms(), still);
    let refused = set(json!({ "by_days": 5_000 })).await;
    assert_eq!(refused.status(), 409);
    assert!(refused.text().await.unwrap().contains("two years"));
    assert_eq!(set(json!({ "by_weeks": 1 })).await.status(), 400);
    sandbox.stop().await;

    let sandbox = sandbox::start(config()).await.unwrap();
    assert_eq!(sandbox.world().now_ms(), still, "stands where it stood");
    sandbox.world().move_clock(ClockMove::Reset).unwrap();
    assert!(!sandbox.world().clock_state().frozen);
    sandbox.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn sessions_and_keys_end() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let keys = sandbox.credentials().clone();
    let auth = json!({ "oemId": keys.freebit_oem_id, "oemKey": keys.freebit_oem_key });
    let key = freebit(&sandbox, "authOem", &auth).await["authKey"].as_str().unwrap().to_owned();
    let ask = json!({ "authKey": key, "requestDatas": [{ "kind": "MVNO", "account": "07000300001" }] });
    assert_eq!(freebit(&sandbox, "mvno/getDetail", &ask).await["resultCode"], "100");
    advance(&sandbox, Duration::from_secs(31 * 60));
    let late = freebit(&sandbox, "mvno/getDetail", &ask).await;
    assert_eq!((&late["resultCode"], &late["status"]["statusCode"]), (&json!("210"), &json!("2")), "{late}");
    assert_eq!(org.call(Method::GET, "/limits", None).await.0, 200);
    advance(&sandbox, 3 * HOUR);
    assert_eq!(org.call(Method::GET, "/limits", None).await.0, 401);
    // A new assertion is dated by the caller's own machine.
    let org = Org::sign_in(&sandbox).await;
    assert_eq!(org.call(Method::GET, "/limits", None).await.0, 200);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_sign_on_link_is_good_for_a_minute() {
    let sandbox = start().await;
    let (_, made) =
        whmcs(&sandbox, "CreateSsoToken", &[("client_id", "1"), ("destination", "clientarea:invoices")]).await;
    advance(&sandbox, Duration::from_secs(61));
    let late = http().get(made["redirect_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(late.status(), 403);
    sandbox.stop().await;
}

#[tokio::test]
async fn billing_days_and_carrier_orders_fall_due() {
    let sandbox = start().await;
    let keys = sandbox.credentials().clone();
    let auth = json!({ "oemId": keys.freebit_oem_id, "oemKey": keys.freebit_oem_key });
    let signed = async |path: &str, mut document: Value| {
        document["authKey"] = freebit(&sandbox, "authOem", &auth).await["authKey"].clone();
        freebit(&sandbox, path, &document).await
    };
    let line = "07000300001";
    let detail = async || {
        let ask = json!({ "requestDatas": [{ "kind": "MVNO", "account": line }] });
        signed("mvno/getDetail", ask).await["responseDatas"][0].clone()
    };
    let option = json!({ "account": line, "talkOption": { "voiceMail": "10" } });
    assert_eq!(signed("mvno/talkoption/changeOrder", option.clone()).await["resultCode"], "100");
    let again = signed("mvno/talkoption/changeOrder", option.clone()).await;
    assert_eq!(again["status"]["statusCode"], "303", "30 minutes apart: {again}");
    advance(&sandbox, Duration::from_secs(31 * 60));
    assert_eq!(signed("mvno/talkoption/changeOrder", option).await["resultCode"], "100");

    let (_, before) = whmcs(&sandbox, "GetInvoices", &[("userid", "1"), ("limitnum", "1")]).await;
    advance(&sandbox, 24 * 40 * HOUR);
    let (_, after) = whmcs(&sandbox, "GetInvoices", &[("userid", "1"), ("limitnum", "1")]).await;
    let total = |reply: &Value| reply["totalresults"].to_string().trim_matches('"').parse::<u64>().unwrap();
    assert!(total(&after) > total(&before), "a month's invoices are there");
    assert_eq!(detail().await["state"], "active");
    sandbox.stop().await;
}
