use std::time::Duration;

use sandbox::{Config, Delays};
use serde_json::json;

use crate::support::{Freebit, http, start};

#[tokio::test]
async fn an_esim_line_opens_after_its_time() {
    let delays = Delays { freebit_async_min_ms: 300, freebit_async_max_ms: 300, ..Delays::default() };
    let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
    let freebit = Freebit::sign_in(&sandbox).await;
    let eid = "8904999".to_owned() + &"7".repeat(25);
    let open = json!({ "eid": eid, "addKind": "N", "account": "07001000000", "planCode": "KGM10V", "simkind": "E0" });
    assert_eq!(
        freebit.code("mvno/getDetail", json!({ "requestDatas": [{ "kind": "MVNO", "account": "07001000000" }] })).await,
        "400-301"
    );
    assert_eq!(freebit.code("mvno/esim/addAcnt", open.clone()).await, "100-200");
    let waiting = freebit.detail("07001000000").await;
    assert_eq!((&waiting["state"], &waiting["async"]["func"]), (&json!("waiting"), &json!("regist")));
    assert!(waiting.get("activationCode").is_none());
    assert_eq!(freebit.code("mvno/esim/addAcnt", open).await, "400-303", "the opening is still under way");
    tokio::time::sleep(Duration::from_millis(350)).await;
    let active = freebit.detail("07001000000").await;
    assert_eq!((&active["state"], active.get("async")), (&json!("active"), None));
    assert!(active["activationCode"].as_str().unwrap().starts_with("LPA:1$"));
    assert_eq!(active["imsi"].as_str().unwrap().len(), 15);
    assert!((19..=20).contains(&active["iccid"].as_str().unwrap().len()));
    sandbox.stop().await;
}

#[tokio::test]
async fn quota_goes_in_as_megabytes_and_comes_out_as_kilobytes() {
    let sandbox = start().await;
    let freebit = Freebit::sign_in(&sandbox).await;
    let left = async || freebit.detail("07000300001").await["quota"].as_str().unwrap().parse::<i64>().unwrap();
    let before = left().await;
    assert_eq!(
        freebit.code("master/addSpec", json!({ "account": "07000300001", "quota": "500", "quotaCode": "K1" })).await,
        "100-200"
    );
    let gained = left().await - before;
    assert!((499_000..=500_000).contains(&gained), "{gained}");
    let history = freebit
        .call("mvno/getQuotaHistory", json!({ "account": "07000300001", "fromDate": "20260101", "toDate": "20991231" }))
        .await;
    assert_eq!(
        (&history["quotaHistory"][0]["quota"], &history["quotaHistory"][0]["quotaCode"]),
        (&json!("500000"), &json!("K1"))
    );
    assert_eq!(freebit.code("master/addSpec", json!({ "account": "07000300001", "quota": "512001" })).await, "400-305");
    let traffic = freebit.call("mvno/getTrafficInfo", json!({ "account": "07000300001" })).await;
    let days: Vec<&str> = traffic["traffic"]["inRecentDays"].as_str().unwrap().split(',').collect();
    assert!(days.len() == 30 && days.iter().all(|kb| kb.parse::<u64>().is_ok_and(|kb| kb > 0)));
    sandbox.stop().await;
}

#[tokio::test]
async fn business_rules_answer_with_their_codes() {
    let sandbox = start().await;
    let freebit = Freebit::sign_in(&sandbox).await;
    let mika = "07000300001";
    assert_eq!(freebit.code("mvno/suspend", json!({ "account": mika })).await, "100-200");
    assert_eq!(freebit.detail(mika).await["state"], "suspended");
    assert_eq!(freebit.code("mvno/changePlan", json!({ "account": mika, "planCode": "KGM03V" })).await, "400-302");
    assert_eq!(freebit.code("mvno/resume", json!({ "account": mika })).await, "100-200");
    assert_eq!(freebit.code("mvno/changePlan", json!({ "account": mika, "planCode": "NOPE" })).await, "400-304");
    assert_eq!(freebit.code("mvno/changePlan", json!({ "account": mika, "planCode": "KGM03V" })).await, "100-200");
    assert_eq!(freebit.detail(mika).await["planCode"], "KGM03V");
    let option = json!({ "account": mika, "talkOption": { "voiceMail": "10" } });
    assert_eq!(freebit.code("mvno/talkoption/changeOrder", option).await, "400-303", "30 minutes apart");
    assert_eq!(
        freebit.code("mvno/contractline/change", json!({ "account": "07000300005", "contractLine": "5G" })).await,
        "400-356"
    );
    assert_eq!(
        freebit
            .code(
                "mvno/esim/addAcnt",
                json!({ "eid": "12", "addKind": "N", "account": "07001000001", "planCode": "KGM03V" })
            )
            .await,
        "400-306"
    );
    assert_eq!(
        freebit.code("master/addAcnt", json!({ "kind": "MVNO", "account": "07001000001", "planCode": "KGM03V" })).await,
        "300-2"
    );
    assert_eq!(freebit.code("authOem", json!({ "oemId": "x", "oemKey": "y" })).await, "210-1");
    let url = format!("{}/mvno/getDetail/", sandbox.endpoints().freebit);
    let post = async |form: &[(&str, &str)]| http().post(&url).form(form).send().await.unwrap().text().await.unwrap();
    assert!(post(&[("json", "{")]).await.contains("\"resultCode\":\"300\""));
    assert!(post(&[("json", "{\"authKey\":\"old\"}")]).await.contains("\"resultCode\":\"210\""));
    sandbox.stop().await;
}
