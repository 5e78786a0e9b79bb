//! The replies of Salesforce's token endpoint.

use super::Class::{Denied, Done, Garbled, Later};
use super::salesforce::{config, no_rows};
use super::{class, html, json};
use crate::raw::{Answer, server_that};
use integrations::salesforce::Client;
use serde_json::{Value, json as value};

/// A change of the documented reply, for a server of this address.
type Change = fn(&mut Value, &str);

/// As it stands in metrics and in the list of operations.
const OPERATION: &str = "token";

/// As documented for the JWT bearer flow.
pub fn token_reply(base: &str) -> Value {
    value!({
        "access_token": "00D000000000001!AQ.opaque_x", "scope": "api web", "instance_url": base, "token_type": "Bearer",
        "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA"
    })
}

pub fn token(base: &str) -> Answer {
    json("200 OK", &token_reply(base).to_string())
}

#[tokio::test]
async fn a_token_is_read_in_every_form() {
    let rows: Vec<(&str, Change)> = vec![
        ("as documented", |_, _| ()),
        ("of another flow", |r, _| {
            r["issued_at"] = value!("1790000000000");
            r["signature"] = value!("c2ln");
            r["refresh_token"] = Value::Null;
        }),
        ("of a newer organisation", |r, base| r["api_instance_url"] = value!(base)),
        ("a slash behind the instance", |r, base| r["instance_url"] = value!(format!("{base}/"))),
        ("a slash behind the identity", |r, _| r["id"] = value!("https://x/id/00D000000000001AAA/005000000000001AAA/")),
        ("without what is not needed", |r, _| {
            let members = r.as_object_mut().unwrap();
            members.remove("scope");
            members.remove("token_type");
        }),
        ("unknown members", |r, _| r["zz"] = value!([{}])),
    ];
    for (form, change) in rows {
        let (base, _) = server_that(|base| {
            let mut reply = token_reply(base);
            change(&mut reply, base);
            vec![json("200 OK", &reply.to_string()), no_rows()]
        })
        .await;
        let result = Client::new(config(&base).await).unwrap().cases("001000000000001AAA", 1).await;
        assert_eq!(class(&result), Done, "{OPERATION}, {form}: {result:?}");
    }
}

#[tokio::test]
async fn a_refused_sign_in_is_told_from_one_that_cannot_be_answered_now() {
    let error = |status: &str, code: &str, text: &str| {
        json(status, &value!({"error": code, "error_description": text}).to_string())
    };
    let lacks = |member: &str| {
        let mut reply = token_reply("http://x");
        reply.as_object_mut().unwrap().remove(member);
        json("200 OK", &reply.to_string())
    };
    let nowhere = {
        let mut reply = token_reply("http://x");
        reply["id"] = value!("https://login.salesforce.com/id/");
        json("200 OK", &reply.to_string())
    };
    for (form, answer, expected) in [
        ("not approved", error("400 Bad Request", "invalid_grant", "user hasn't approved this consumer"), Denied),
        ("outside its time", error("400 Bad Request", "invalid_grant", "expired authorization code"), Denied),
        ("wrong app", error("400 Bad Request", "invalid_client_id", "client identifier invalid"), Denied),
        ("wrong secret", error("401 Unauthorized", "invalid_client", "invalid client credentials"), Denied),
        ("no description", json("400 Bad Request", r#"{"error":"inactive_org"}"#), Denied),
        ("a word of next year", error("400 Bad Request", "invalid_moon", "x"), Denied),
        (
            "an error of the REST kind",
            json("400 Bad Request", r#"[{"errorCode":"API_DISABLED_FOR_ORG","message":"m"}]"#),
            Denied,
        ),
        ("too many sign-ins", error("400 Bad Request", "rate_limit_exceeded", "login rate exceeded"), Later),
        ("unknown", error("400 Bad Request", "unknown_error", "retry your request"), Later),
        ("maintenance", html("503 Service Unavailable"), Later),
        ("a page", html("200 OK"), Later),
        ("cut", json("200 OK", r#"{"access_token":"00D"#), Later),
        ("no token", lacks("access_token"), Garbled),
        ("no instance", lacks("instance_url"), Garbled),
        ("an identity of nobody", nowhere, Garbled),
    ] {
        let (base, _) = server_that(|_| vec![answer]).await;
        let result = Client::new(config(&base).await).unwrap().cases("001000000000001AAA", 1).await;
        assert_eq!(class(&result), expected, "{OPERATION}, {form}: {result:?}");
    }
}
