//! The whole way over mails in the embedded default: sign-up, an existing customer's link, a forgotten password.

use crate::process::{Folder, Running};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

struct Person {
    http: reqwest::Client,
    url: String,
    console: String,
}

impl Person {
    fn new(running: &Running) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: running.url.clone(), console: running.console.clone() }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/api/{path}", self.url));
        let reply =
            request.header("Origin", &self.url).header("X-Portal-Client", "web").json(body).send().await.unwrap();
        let status = reply.status().as_u16();
        (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn get(&self, token: &Value, path: &str) -> Value {
        let request = self.http.get(format!("{}/api/{path}", self.url)).bearer_auth(token.as_str().unwrap());
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// The token of the link to a page in a mail, and the mail's subject, as the sandbox's outbox shows them.
    async fn link(&self, to: &str, page: &str) -> (String, String) {
        let started = Instant::now();
        loop {
            let outbox = self.http.get(format!("{}/console/api/outbox", self.console)).send().await.unwrap();
            let mails: Vec<Value> = outbox.json().await.unwrap();
            let start = format!("{}/{page}#", self.url);
            for mail in mails.iter().filter(|mail| mail["to"] == to) {
                let text = mail["text"].as_str().unwrap();
                if let Some(token) = text.split(&start).nth(1).and_then(|rest| rest.split_whitespace().next()) {
                    return (token.to_owned(), mail["subject"].as_str().unwrap().to_owned());
                }
            }
            assert!(started.elapsed() < Duration::from_secs(30), "no mail to {to}: {mails:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn becomes_linked(&self, token: &Value) {
        let started = Instant::now();
        loop {
            let state = self.get(token, "account/billing-link").await["state"].clone();
            if state == "linked" {
                return;
            }
            assert_eq!(state, "opening");
            assert!(started.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

const PASSWORD: &str = "four plain words here";

#[tokio::test]
async fn an_existing_customer_finds_their_services() {
    let data = Folder::new();
    let running = Running::start(&data);
    let kenji = Person::new(&running);
    let ask = |number: &str| json!({ "customer_number": number, "email": "kenji@example.com", "language": "ja" });
    let wrong = kenji.post("auth/link", &ask("C-100003")).await;
    let right = kenji.post("auth/link", &ask("C-100002")).await;
    assert_eq!((wrong.0, &wrong), (202, &right), "the same answer");
    let (token, subject) = kenji.link("kenji@example.com", "link").await;
    assert_eq!(subject, "ご契約のオンライン利用の設定");
    let body = json!({ "token": token, "password": PASSWORD, "language": "ja" });
    let (status, reply) = kenji.post("auth/link/confirm", &body).await;
    assert_eq!((status, &reply["me"]["customer_number"]), (201, &json!("C-100002")), "{reply:#}");
    let access = &reply["access_token"];
    kenji.becomes_linked(access).await;
    let services = kenji.get(access, "subscriptions").await;
    assert!(!services["items"].as_array().unwrap().is_empty(), "the record's services: {services:#}");
    for _ in 0..3 {
        assert_eq!(kenji.post("auth/link", &ask("C-100002")).await.0, 202);
    }
    let (status, problem) = kenji.post("auth/link", &ask("C-100002")).await;
    assert_eq!((status, &problem["code"]), (429, &json!("too_many_requests")), "the sixth try");
    assert!(problem["retry_after"].as_u64().is_some_and(|seconds| (800..=900).contains(&seconds)), "{problem:#}");
    assert_eq!(running.stop(), Some(0));
}

#[tokio::test]
async fn a_new_customer_confirms_is_opened_and_can_forget_their_password() {
    let data = Folder::new();
    let running = Running::start(&data);
    let hanako = Person::new(&running);
    let email = "hanako@example.com";
    let form = json!({
        "email": email, "password": PASSWORD, "family_name": "Yamaneko", "given_name": "Hanako", "phone": "03-0000-0042",
        "address": { "postcode": "1000001", "prefecture": "Tokyo", "city": "Chiyoda", "line1": "4-2", "line2": "" },
        "terms_accepted": true, "language": "en"
    });
    assert_eq!(hanako.post("auth/register", &form).await, (202, json!({})));
    let (token, subject) = hanako.link(email, "confirm").await;
    assert_eq!(subject, "Confirm your mail address");
    let (status, reply) = hanako.post("auth/register/confirm", &json!({ "token": token })).await;
    assert_eq!(status, 201, "{reply:#}");
    hanako.becomes_linked(&reply["access_token"]).await;
    assert_eq!(hanako.post("auth/password/forgot", &json!({ "email": email })).await, (202, json!({})));
    let (token, _) = hanako.link(email, "reset").await;
    let body = json!({ "token": token, "password": "seven other plain words" });
    assert_eq!(hanako.post("auth/password/reset", &body).await.0, 204);
    let login = json!({ "email": email, "password": "seven other plain words" });
    let (status, reply) = hanako.post("auth/login", &login).await;
    assert_eq!((status, &reply["me"]["billing_link"]), (200, &json!("linked")), "{reply:#}");
    assert_eq!(running.stop(), Some(0));
}
