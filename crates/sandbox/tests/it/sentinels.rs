//! Inputs that are faults by themselves, as `docs/sandbox.md` lists them.

use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Freebit, Org, http, start, whmcs};

async fn add_client(sandbox: &Sandbox, email: &str, patience: Duration) -> Result<(u16, String), reqwest::Error> {
    let keys = sandbox.credentials();
    let form = [
        ("identifier", keys.whmcs_identifier.as_str()),
        ("secret", &keys.whmcs_secret),
        ("action", "AddClient"),
        ("responsetype", "json"),
        ("firstname", "Aya"),
        ("lastname", "Test"),
        ("email", email),
        ("address1", "1-1"),
        ("city", "Chiyoda"),
        ("state", "Tokyo"),
        ("postcode", "100-0001"),
        ("country", "JP"),
        ("phonenumber", "0312345678"),
        ("noemail", "1"),
        ("password2", "a-long-password"),
    ];
    let url = format!("{}/includes/api.php", sandbox.endpoints().whmcs);
    let reply = http().post(url).form(&form).timeout(patience).send().await?;
    let status = reply.status().as_u16();
    Ok((status, reply.text().await?))
}

async fn is_client(sandbox: &Sandbox, email: &str) -> bool {
    whmcs(sandbox, "GetClientsDetails", &[("email", email)]).await.1["result"] == "success"
}

#[tokio::test]
async fn the_mail_address_of_a_new_client_chooses_what_goes_wrong() {
    let sandbox = start().await;
    let patience = Duration::from_secs(10);
    let calm = add_client(&sandbox, "calm@example.com", patience).await.unwrap();
    assert!(calm.1.contains("\"success\""), "{calm:?}");
    let lost = "whmcs-lost@example.com";
    assert!(add_client(&sandbox, lost, patience).await.is_err());
    assert!(is_client(&sandbox, lost).await, "made, though nobody was told");
    let started = Instant::now();
    let slow = "Whmcs-Slow+2@example.com";
    assert!(add_client(&sandbox, slow, Duration::from_secs(2)).await.unwrap_err().is_timeout());
    assert!(started.elapsed() < Duration::from_secs(12) && is_client(&sandbox, slow).await);
    let down = add_client(&sandbox, "whmcs-down@example.com", patience).await.unwrap();
    assert!(down.0 == 503 && down.1.starts_with("<!DOCTYPE"), "{down:?}");
    assert!(!is_client(&sandbox, "whmcs-down@example.com").await);
    let refused = add_client(&sandbox, "whmcs-refused@example.com", patience).await.unwrap();
    let refused: Value = serde_json::from_str(&refused.1).unwrap();
    assert_eq!(refused, json!({ "result": "error", "message": "The email address is banned" }));
    sandbox.stop().await;
}

/// 32 digits with the mark before the two check digits (ISO 7064 mod 97), as phones have them.
fn eid(mark: &str) -> String {
    let body = format!("89049032000000000000000000{mark}");
    let rest = body.bytes().chain(*b"00").fold(0_u32, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97);
    format!("{body}{:02}", 98 - rest)
}

#[tokio::test]
async fn the_digits_of_a_sim_choose_what_becomes_of_its_line() {
    let sandbox = start().await;
    let freebit = Freebit::sign_in(&sandbox).await;
    let open = async |account: &str, eid: &str| {
        let document = json!({ "eid": eid, "addKind": "N", "account": account, "planCode": "KGM10V", "simkind": "E0" });
        freebit.code("mvno/esim/addAcnt", document).await
    };
    assert_eq!(open("07001000001", &eid("9306")).await, "400-306");
    assert_eq!(freebit.code("mvno/getTrafficInfo", json!({ "account": "07001000001" })).await, "400-301", "no line");
    assert_eq!(open("07001000001", &eid("0001")).await, "100-200");
    assert_eq!(freebit.detail("07001000001").await["state"], "active");
    assert_eq!(open("07001000002", &eid("9303")).await, "100-200");
    let waiting = freebit.detail("07001000002").await;
    assert_eq!((&waiting["state"], &waiting["async"]["func"]), (&json!("waiting"), &json!("regist")));
    assert_eq!(open("07001000003", &eid("9500")).await, "100-200");
    let failed = freebit.detail("07001000003").await;
    assert_eq!((&failed["state"], failed.get("async")), (&json!("obsolete"), None));
    assert_eq!(open("07001000003", &eid("0002")).await, "100-200", "the number is free again");

    let insert = async |account: &str, mark: &str| {
        let iccid = format!("89819912345678{mark}1");
        let document = json!({ "kind": "MVNO", "account": account, "iccid": iccid, "planCode": "KGM10V" });
        freebit.code("master/addAcnt", document).await
    };
    assert_eq!(insert("07001000011", "9356").await, "400-356");
    assert_eq!(insert("07001000012", "9303").await, "100-200");
    assert_eq!(freebit.detail("07001000012").await["state"], "waiting");
    assert_eq!(insert("07001000013", "9500").await, "100-200");
    assert_eq!(freebit.detail("07001000013").await["state"], "obsolete");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_number_comes_along_with_a_reservation_that_lasts() {
    let sandbox = start().await;
    let freebit = Freebit::sign_in(&sandbox).await;
    let port = async |account: &str, mark: &str, mnp: serde_json::Value| {
        let document = json!({ "eid": eid(mark), "addKind": "M", "account": account, "planCode": "KGM10V", "simkind": "E0", "mnp": mnp });
        freebit.code("mvno/esim/addAcnt", document).await
    };
    assert_eq!(port("09012345678", "0001", json!({})).await, "300-2", "a reservation is needed");
    assert_eq!(port("09012345678", "0001", json!({ "reserveNumber": "123456789" })).await, "300-3", "ten digits");
    assert_eq!(port("09012345678", "0001", json!({ "reserveNumber": "9307000001" })).await, "400-356", "it is over");
    assert_eq!(freebit.code("mvno/getTrafficInfo", json!({ "account": "09012345678" })).await, "400-301", "no line");
    assert_eq!(port("09012345678", "0001", json!({ "reserveNumber": "1234567890" })).await, "100-200");
    assert_eq!(freebit.detail("09012345678").await["state"], "active");
    assert_eq!(port("09012345678", "0002", json!({ "reserveNumber": "1234567890" })).await, "400-356", "it is a line");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_text_makes_the_org_refuse_a_new_record() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let cases = async || org.query("SELECT Id FROM Case").await.1["totalSize"].clone();
    let before = cases().await;
    let new = async |subject: &str, description: &str| {
        let body = json!({ "Subject": subject, "Description": description });
        let (status, body) = org.call(Method::POST, "/sobjects/Case", Some(body)).await;
        (status, body[0]["errorCode"].clone())
    };
    let refused = new("Question [validation-rule]", "x").await;
    assert_eq!(refused, (400, json!("FIELD_CUSTOM_VALIDATION_EXCEPTION")));
    assert_eq!(new("Question", "it is [row-lock]ed").await, (400, json!("UNABLE_TO_LOCK_ROW")));
    assert_eq!(cases().await, before);
    assert_eq!(new("Question", "validation-rule without brackets").await.0, 201);
    let account = org.first("SELECT Id FROM Account").await["Id"].clone();
    let body =
        json!({ "AccountId": account, "EffectiveDate": "2026-12-01", "Status": "Draft", "Description": "[row-lock]" });
    let batch = json!({ "allOrNone": true, "compositeRequest": [
        { "method": "POST", "url": "/services/data/v60.0/sobjects/Order", "referenceId": "order", "body": body } ] });
    let (status, reply) = org.call(Method::POST, "/composite", Some(batch)).await;
    let error = &reply["compositeResponse"][0]["body"][0]["errorCode"];
    assert_eq!((status, error), (200, &json!("UNABLE_TO_LOCK_ROW")), "inside a composite as well: {reply}");
    sandbox.stop().await;
}
