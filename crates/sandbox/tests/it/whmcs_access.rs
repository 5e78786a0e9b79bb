//! Who is let in, and in which form refusals and answers come.

use sandbox::{Sandbox, WhmcsAccess, WhmcsAdmin, WhmcsCredential};
use serde_json::{Value, json};

use crate::support::{http, start, whmcs};

/// One call with the given fields only.
async fn raw(sandbox: &Sandbox, fields: &[(&str, &str)]) -> (u16, String) {
    let url = format!("{}/includes/api.php", sandbox.endpoints().whmcs);
    let response = http().post(url).form(fields).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn refusal(sandbox: &Sandbox, fields: &[(&str, &str)]) -> (u16, String) {
    let fields: Vec<_> = fields.iter().copied().chain([("responsetype", "json")]).collect();
    let (status, body) = raw(sandbox, &fields).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    (status, body["message"].as_str().unwrap_or("success").to_owned())
}

fn restricted() -> WhmcsCredential {
    WhmcsCredential {
        identifier: "reader".to_owned(),
        secret: "s3cret".to_owned(),
        role: Some(vec!["GetClients".to_owned()]),
        disabled: false,
    }
}

#[tokio::test]
async fn a_role_holds_only_its_actions() {
    let sandbox = start().await;
    sandbox
        .world()
        .set_whmcs_access(&WhmcsAccess { credentials: vec![restricted()], ..WhmcsAccess::default() })
        .unwrap();
    let call = |action| [("username", "reader"), ("password", "s3cret"), ("action", action)];
    assert_eq!(refusal(&sandbox, &call("getclients")).await, (200, "success".to_owned()));
    let denied = "Invalid Permissions: API action \"addorder\" is not allowed";
    assert_eq!(refusal(&sandbox, &call("AddOrder")).await, (403, denied.to_owned()));
    let wrong = [("identifier", "reader"), ("secret", "x"), ("action", "GetClients")];
    assert_eq!(refusal(&sandbox, &wrong).await, (403, "Authentication Failed".to_owned()));
    assert_eq!(whmcs(&sandbox, "GetOrderStatuses", &[]).await.0, 200, "the first credential has its own role");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_administrator_signs_in_with_the_hash_of_his_password() {
    let sandbox = start().await;
    let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
    let admin = WhmcsAdmin { username: "aki".to_owned(), password_md5: md5.to_owned(), ..WhmcsAdmin::default() };
    let mut access = WhmcsAccess { admins: vec![admin], ..WhmcsAccess::default() };
    sandbox.world().set_whmcs_access(&access).unwrap();
    let call = [("username", "aki"), ("password", md5), ("action", "GetClients")];
    assert_eq!(refusal(&sandbox, &call).await, (200, "success".to_owned()));
    let plain = [("username", "aki"), ("password", "password"), ("action", "GetClients")];
    assert_eq!(refusal(&sandbox, &plain).await, (403, "Authentication Failed".to_owned()));
    access.admins[0].disabled = true;
    sandbox.world().set_whmcs_access(&access).unwrap();
    assert_eq!(refusal(&sandbox, &call).await, (403, "Administrator Account Disabled".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn addresses_are_checked_last_and_the_access_key_opens() {
    let sandbox = start().await;
    let mut access = WhmcsAccess {
        credentials: vec![restricted()],
        allowed_ips: vec!["203.0.113.7".to_owned()],
        access_key: Some("k3y!".to_owned()),
        ..WhmcsAccess::default()
    };
    sandbox.world().set_whmcs_access(&access).unwrap();
    let call = |action| [("identifier", "reader"), ("secret", "s3cret"), ("action", action)];
    assert_eq!(refusal(&sandbox, &call("GetClients")).await, (403, "Invalid IP 127.0.0.1".to_owned()));
    assert!(refusal(&sandbox, &call("AddOrder")).await.1.starts_with("Invalid Permissions"));
    for (key, expected) in [("k3y!", 200), ("wrong", 403), ("", 403)] {
        let with_key: Vec<_> = call("GetClients").into_iter().chain([("accesskey", key)]).collect();
        assert_eq!(refusal(&sandbox, &with_key).await.0, expected, "{key}");
    }
    access.allowed_ips = vec!["127.0.0.1".to_owned()];
    access.access_key = None;
    sandbox.world().set_whmcs_access(&access).unwrap();
    assert_eq!(refusal(&sandbox, &call("GetClients")).await.0, 200);
    access.banned_ips = vec!["127.0.0.1".to_owned()];
    sandbox.world().set_whmcs_access(&access).unwrap();
    assert_eq!(refusal(&sandbox, &call("GetClients")).await, (403, "IP Banned".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn answers_come_as_json_xml_or_name_and_value() {
    let sandbox = start().await;
    let (identifier, secret) = {
        let credentials = sandbox.credentials();
        (credentials.whmcs_identifier.clone(), credentials.whmcs_secret.clone())
    };
    let fields = |kind| {
        [
            ("identifier", identifier.as_str()),
            ("secret", &secret),
            ("action", "getclients"),
            ("search", "emi@"),
            ("responsetype", kind),
        ]
    };
    let (_, xml) = raw(&sandbox, &fields("xml")).await;
    assert!(xml.contains("<action>getclients</action>\n") && xml.contains("<result>success</result>"), "{xml}");
    assert!(xml.contains("<companyname>Ito &amp; Sons</companyname>"), "{xml}");
    let (_, nvp) = raw(&sandbox, &fields("nvp")).await;
    assert!(nvp.contains("result=success;") && nvp.contains("clients[client][0][email]=emi@example.com;"), "{nvp}");
    let (status, early) = raw(&sandbox, &[("action", "GetClients")]).await;
    assert_eq!((status, early.contains("message=Authentication Failed;")), (403, true));
    let (status, unknown) = whmcs(&sandbox, "GetEverything", &[]).await;
    assert_eq!(status, 200);
    assert_eq!(unknown, json!({ "result": "error", "message": "The requested API Action could not be found." }));
    sandbox.stop().await;
}
