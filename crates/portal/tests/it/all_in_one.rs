//! `portal run`: one process, no configuration, and the data survives a restart.

use crate::process::{Folder, Running};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub struct Api {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Api {
    pub async fn sign_in(running: &Running) -> Self {
        Self::sign_in_as(running, "mika@example.com", "sakura-demo-2026").await
    }

    pub async fn sign_in_as(running: &Running, email: &str, password: &str) -> Self {
        let http = reqwest::Client::new();
        let body = json!({ "email": email, "password": password });
        let request = http.post(format!("{}/api/auth/login", running.url));
        let reply = request.header("Origin", &running.url).header("X-Portal-Client", "test").json(&body).send().await;
        let reply: Value = reply.unwrap().error_for_status().unwrap().json().await.unwrap();
        Self { http, url: running.url.clone(), token: reply["access_token"].as_str().unwrap().to_owned() }
    }

    pub async fn get(&self, path: &str) -> Value {
        let reply = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap();
        reply.error_for_status().unwrap().json().await.unwrap()
    }

    pub async fn order(&self, key: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/api/orders", self.url)).bearer_auth(&self.token);
        let request = request.header("Origin", &self.url).header("X-Portal-Client", "test");
        let reply = request.header("Idempotency-Key", key).json(body).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    pub async fn becomes(&self, order: &str, stage: &str) -> Value {
        let started = Instant::now();
        loop {
            let found = self.get(&format!("/api/orders/{order}")).await;
            if found["stage"] == stage {
                return found;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "{found:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub fn new_order() -> Value {
    // 980 a month and 1500 once, with 10 % tax.
    json!({ "items": [{ "plan": "SIM-V03", "options": [], "sim": { "kind": "physical" } }], "expected_total": 2728, "terms_accepted": true })
}

#[tokio::test]
async fn an_order_survives_a_restart_and_becomes_a_service() {
    let data = Folder::new();
    let running = Running::start(&data);
    let api = Api::sign_in(&running).await;
    let (status, placed) = api.order("first", &new_order()).await;
    assert_eq!(status, 201, "{placed:#}");
    let id = placed["id"].as_str().unwrap().to_owned();
    assert_eq!(running.stop(), Some(0));

    let running = Running::start(&data);
    let api = Api::sign_in(&running).await;
    let (status, again) = api.order("first", &new_order()).await;
    assert_eq!((status, again["id"].as_str()), (201, Some(id.as_str())), "the key is remembered");
    let http = reqwest::Client::new();
    let waiting: Value =
        http.get(format!("{}/console/api/orders", running.console)).send().await.unwrap().json().await.unwrap();
    let mine = |o: &&Value| o["Portal_Order_Id__c"].as_str() == Some(&id);
    let salesforce_id =
        waiting.as_array().unwrap().iter().find(mine).expect("the sandbox kept it")["Id"].as_str().unwrap();
    let approve = http.post(format!("{}/console/api/orders/{salesforce_id}/approve", running.console));
    approve.header("Origin", &running.console).send().await.unwrap().error_for_status().unwrap();
    let active = api.becomes(&id, "active").await;
    let service = active["items"][0]["service_id"].as_u64().expect("the service is named");
    let detail = api.get(&format!("/api/subscriptions/{service}")).await;
    assert_eq!(
        (detail["status"].as_str(), detail["line"]["state"].as_str()),
        (Some("active"), Some("ready")),
        "{detail:#}"
    );
    assert_eq!(detail["number"], active["items"][0]["number"]);
    let list = api.get("/api/subscriptions").await;
    let cycles: Vec<_> = list["items"].as_array().unwrap().iter().map(|s| s["cycle"].as_str().unwrap()).collect();
    assert!(!cycles.contains(&"one_time"), "the set-up fee was paid; it is not a service: {cycles:?}");
    assert_eq!(running.stop(), Some(0));
}
