//! What lies around the records: limits, conditions, external ids, lengths.

use reqwest::{Method, Response};
use sandbox::{ApiRequests, Fault, FaultKind, System};
use serde_json::{Value, json};

use crate::support::{Org, http, start};

impl Org {
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Response {
        let mut request =
            self.http.request(method, format!("{}/services/data/v60.0{path}", self.base)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn account(&self, body: Value) -> String {
        let (status, made) = self.call(Method::POST, "/sobjects/Account", Some(body)).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }
}

fn usage(response: &Response) -> String {
    response.headers()["sforce-limit-info"].to_str().unwrap().to_owned()
}

async fn code(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body[0]["errorCode"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn calls_are_counted_on_every_reply_and_refused_when_they_are_used_up() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    sandbox.world().set_api_requests(ApiRequests { max: 13, used: 10 });
    let fine = org.send(Method::GET, "/limits", &[], None).await;
    assert_eq!(usage(&fine), "api-usage=11/13");
    let limits: Value = fine.json().await.unwrap();
    assert_eq!(limits["DailyApiRequests"], json!({ "Max": 13, "Remaining": 2 }));
    let missing = org.send(Method::GET, "/sobjects/Account/0015j00000000zzAAA", &[], None).await;
    assert_eq!((missing.status().as_u16(), usage(&missing)), (404, "api-usage=12/13".to_owned()));
    let made = org.send(Method::POST, "/sobjects/Account", &[], Some(json!({ "Name": "Last" }))).await;
    assert_eq!((made.status().as_u16(), usage(&made)), (201, "api-usage=13/13".to_owned()));
    let refused = org.send(Method::POST, "/sobjects/Account", &[], Some(json!({ "Name": "Over" }))).await;
    assert_eq!(usage(&refused), "api-usage=13/13");
    assert_eq!(refused.status(), 403);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body, json!([{ "message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED" }]));
    // Signing in is not a call of the REST API.
    let other = Org::sign_in(&sandbox).await;
    // Set over the control API, as a test in another language does.
    let console = format!("{}/console/api/salesforce/api-requests", sandbox.endpoints().console);
    let set = http().put(&console).json(&json!({ "max": 100, "used": 0 })).send().await.unwrap();
    assert_eq!(set.status(), 204);
    assert_eq!(other.query("SELECT COUNT() FROM Account WHERE Name = 'Over'").await.1["totalSize"], 0);
    let seen: Value = http().get(&console).send().await.unwrap().json().await.unwrap();
    assert_eq!(seen, json!({ "max": 100, "used": 1 }));
    sandbox.world().add_fault(Fault {
        system: System::Salesforce,
        operation: None,
        kind: FaultKind::Refuse(
            "REQUEST_LIMIT_EXCEEDED: ConcurrentRequests (Concurrent API Requests) Limit exceeded.".to_owned(),
        ),
        times: Some(1),
    });
    let busy = other.send(Method::GET, "/limits", &[], None).await;
    assert_eq!(usage(&busy), "api-usage=1/100");
    assert_eq!(code(busy).await, (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    let stranger = Org { token: "00D!x".to_owned(), ..other };
    let denied = stranger.send(Method::GET, "/limits", &[], None).await;
    assert_eq!((denied.status().as_u16(), usage(&denied)), (401, "api-usage=1/100".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn readings_and_changes_obey_conditional_headers() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let path = format!("/sobjects/Account/{}", org.account(json!({ "Name": "Conditional" })).await);
    let read = org.send(Method::GET, &path, &[], None).await;
    let tag = read.headers()["etag"].to_str().unwrap().to_owned();
    let modified = read.headers()["last-modified"].to_str().unwrap().to_owned();
    let status = async |method: Method, headers: &[(&str, &str)]| {
        let body = (method == Method::PATCH).then(|| json!({ "Phone": "1" }));
        org.send(method, &path, headers, body).await.status().as_u16()
    };
    let old = "Thu, 01 Jan 2015 00:00:00 GMT";
    assert_eq!(status(Method::GET, &[("If-None-Match", &tag)]).await, 304);
    assert_eq!(status(Method::GET, &[("If-None-Match", "\"other\"")]).await, 200);
    assert_eq!(status(Method::GET, &[("If-Match", "\"other\"")]).await, 412);
    assert_eq!(status(Method::GET, &[("If-Modified-Since", &modified)]).await, 304);
    assert_eq!(status(Method::GET, &[("If-Modified-Since", old)]).await, 200);
    assert_eq!(status(Method::PATCH, &[("If-Unmodified-Since", old)]).await, 412);
    assert_eq!(status(Method::PATCH, &[("If-Match", "\"other\"")]).await, 412);
    assert_eq!(status(Method::DELETE, &[("If-Match", "\"other\"")]).await, 412);
    assert_eq!(org.call(Method::GET, &path, None).await.1["Phone"], Value::Null, "nothing refused was done");
    assert_eq!(status(Method::PATCH, &[("If-Match", &tag)]).await, 204);
    assert_eq!(status(Method::PATCH, &[("If-Match", &tag)]).await, 412, "the tag of an earlier state");
    let describe = org.send(Method::GET, "/sobjects/Account/describe", &[], None).await;
    let changed = describe.headers()["last-modified"].to_str().unwrap().to_owned();
    let again = org.send(Method::GET, "/sobjects/Account/describe", &[("If-Modified-Since", &changed)], None).await;
    assert_eq!((again.status().as_u16(), again.text().await.unwrap().len()), (304, 0));
    sandbox.stop().await;
}

#[tokio::test]
async fn external_ids_that_several_records_share_give_the_choice() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let (a, b) = (
        org.account(json!({ "Name": "A", "WHMCS_Client_ID__c": 9_001 })).await,
        org.account(json!({ "Name": "B", "WHMCS_Client_ID__c": 9_001 })).await,
    );
    let path = "/sobjects/Account/WHMCS_Client_ID__c/9001";
    let both = json!([
        format!("/services/data/v60.0/sobjects/Account/{a}"),
        format!("/services/data/v60.0/sobjects/Account/{b}")
    ]);
    assert_eq!(org.call(Method::GET, path, None).await, (300, both.clone()));
    assert_eq!(org.call(Method::PATCH, path, Some(json!({ "Phone": "1" }))).await, (300, both.clone()));
    assert_eq!(org.call(Method::DELETE, path, None).await, (300, both));
    let rows =
        json!({ "records": [{ "attributes": { "type": "Account" }, "WHMCS_Client_ID__c": 9_001, "Phone": "1" }] });
    let (_, reply) = org.call(Method::PATCH, "/composite/sobjects/Account/WHMCS_Client_ID__c", Some(rows)).await;
    assert_eq!(reply[0]["errors"][0]["statusCode"], "DUPLICATE_EXTERNAL_ID");
    sandbox.stop().await;
}

#[tokio::test]
async fn upserts_insert_unless_they_may_only_update_and_keys_do_not_stand_in_bodies() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let path = |query: &str| format!("/sobjects/Account/Customer_Number__c/C-77{query}");
    let body = || Some(json!({ "Name": "Upserted" }));
    assert_eq!(org.call(Method::PATCH, &path("?updateOnly=true"), body()).await.0, 404);
    let (status, made) = org.call(Method::PATCH, &path("?updateOnly=false"), body()).await;
    assert_eq!((status, &made["created"]), (201, &json!(true)));
    let (status, same) = org.call(Method::PATCH, &path("?updateOnly=true"), body()).await;
    assert_eq!((status, &same["created"], &same["id"]), (200, &json!(false), &made["id"]));
    let key = json!({ "Name": "x", "Customer_Number__c": "C-77" });
    let (status, refused) = org.call(Method::PATCH, &path(""), Some(key)).await;
    assert_eq!((status, refused[0]["errorCode"].as_str()), (400, Some("INVALID_FIELD")));
    let own = format!("/sobjects/Account/{}", made["id"].as_str().unwrap());
    let (status, refused) = org.call(Method::PATCH, &own, Some(json!({ "Id": made["id"], "Name": "x" }))).await;
    assert_eq!((status, refused[0]["errorCode"].as_str()), (400, Some("INVALID_FIELD")));
    let by_post = org.call(Method::POST, &format!("{own}?_HttpMethod=PATCH"), Some(json!({ "Name": "By POST" }))).await;
    assert_eq!(by_post.0, 204);
    assert_eq!(org.call(Method::GET, &own, None).await.1["Name"], "By POST");
    assert_eq!(org.call(Method::POST, &own, Some(json!({ "Name": "x" }))).await.0, 405);
    sandbox.stop().await;
}

#[tokio::test]
async fn addresses_and_headers_that_are_too_long_are_refused() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let query = |length: usize| format!("/query?q=SELECT+Id+FROM+Account+WHERE+Name='{}'", "x".repeat(length));
    assert_eq!(org.send(Method::GET, &query(15_000), &[], None).await.status(), 200);
    assert_eq!(org.send(Method::GET, &query(16_400), &[], None).await.status(), 414);
    let wide = "y".repeat(2_000);
    assert_eq!(org.send(Method::GET, &query(15_000), &[("X-Wide", &wide)], None).await.status(), 431);
    sandbox.stop().await;
}
