//! Clients of a stranger: raw HTTP and JSON.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Client, Method, Response};
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};

pub async fn start() -> Sandbox {
    sandbox::start(Config::default()).await.unwrap()
}

pub fn http() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

pub fn assertion(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let credentials = sandbox.credentials();
    let mut claims = json!({
        "iss": credentials.salesforce_client_id, "sub": credentials.salesforce_username, "aud": "https://login.salesforce.com", "exp": now + 180,
    });
    change(&mut claims);
    let key = EncodingKey::from_rsa_pem(credentials.salesforce_private_key_pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
}

pub async fn token_reply(base: &str, client: &Client, assertion: &str) -> Response {
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    client.post(format!("{base}/services/oauth2/token")).form(&form).send().await.unwrap()
}

/// A signed-in Salesforce client.
pub struct Org {
    pub base: String,
    pub token: String,
    pub id_url: String,
    pub http: Client,
}

impl Org {
    pub async fn sign_in(sandbox: &Sandbox) -> Self {
        let http = http();
        let base = sandbox.endpoints().salesforce.clone();
        let reply: Value = token_reply(&base, &http, &assertion(sandbox, |_| ())).await.json().await.unwrap();
        let text = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
        Self { base: text("instance_url"), token: text("access_token"), id_url: text("id"), http }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/services/data/v60.0{path}", self.base);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub async fn query(&self, soql: &str) -> (u16, Value) {
        let encoded: String = soql.bytes().map(|b| format!("%{b:02X}")).collect();
        self.call(Method::GET, &format!("/query?q={encoded}"), None).await
    }

    pub async fn first(&self, soql: &str) -> Value {
        let (status, page) = self.query(soql).await;
        assert_eq!(status, 200, "{page}");
        page["records"][0].clone()
    }

    /// A draft order with one item of the product with this WHMCS id, made in one composite call.
    pub async fn draft_order(&self, portal_id: &str, pid: u32) -> Value {
        let account = self.first("SELECT Id FROM Account WHERE Customer_Number__c = 'C-100001'").await;
        let entry = self
            .first(&format!("SELECT Id, Pricebook2Id, UnitPrice FROM PricebookEntry WHERE Pricebook2.Name = 'Portal' AND Product2.WHMCS_Product_ID__c = {pid}"))
            .await;
        let body = json!({ "allOrNone": true, "compositeRequest": [
            { "method": "POST", "url": "/services/data/v60.0/sobjects/Order", "referenceId": "order", "body": {
                "AccountId": account["Id"], "EffectiveDate": "2026-12-01", "Status": "Draft", "Pricebook2Id": entry["Pricebook2Id"],
                "Portal_Order_Id__c": portal_id, "Order_Type__c": "SIM", "SIM_Type__c": "eSIM" } },
            { "method": "POST", "url": "/services/data/v60.0/sobjects/OrderItem", "referenceId": "item", "body": {
                "OrderId": "@{order.id}", "PricebookEntryId": entry["Id"], "Quantity": 1, "UnitPrice": entry["UnitPrice"] } },
        ] });
        let (status, reply) = self.call(Method::POST, "/composite", Some(body)).await;
        assert_eq!(status, 200, "{reply}");
        reply
    }
}

pub async fn whmcs(sandbox: &Sandbox, action: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let credentials = sandbox.credentials();
    let mut form = vec![
        ("identifier", credentials.whmcs_identifier.as_str()),
        ("secret", &credentials.whmcs_secret),
        ("action", action),
        ("responsetype", "json"),
    ];
    form.extend(fields);
    let response =
        http().post(format!("{}/includes/api.php", sandbox.endpoints().whmcs)).form(&form).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// As [`whmcs`], for replies whose body does not matter.
pub async fn whmcs_status(sandbox: &Sandbox, action: &str) -> (u16, String) {
    let credentials = sandbox.credentials();
    let form = [
        ("identifier", credentials.whmcs_identifier.as_str()),
        ("secret", &credentials.whmcs_secret),
        ("action", action),
        ("responsetype", "json"),
    ];
    let response =
        http().post(format!("{}/includes/api.php", sandbox.endpoints().whmcs)).form(&form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

pub struct Freebit<'a> {
    sandbox: &'a Sandbox,
    pub auth_key: String,
}

impl<'a> Freebit<'a> {
    pub async fn sign_in(sandbox: &'a Sandbox) -> Self {
        let mut client = Self { sandbox, auth_key: String::new() };
        let credentials = sandbox.credentials();
        let document = json!({ "oemId": credentials.freebit_oem_id, "oemKey": credentials.freebit_oem_key });
        client.auth_key = client.call("authOem", document).await["authKey"].as_str().unwrap().to_owned();
        client
    }

    pub async fn call(&self, path: &str, mut document: Value) -> Value {
        document["authKey"] = json!(self.auth_key);
        let response = http()
            .post(format!("{}/{path}/", self.sandbox.endpoints().freebit))
            .form(&[("json", document.to_string())])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "failures answer 200 as well");
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    pub async fn code(&self, path: &str, document: Value) -> String {
        let reply = self.call(path, document).await;
        format!("{}-{}", reply["resultCode"].as_str().unwrap(), reply["status"]["statusCode"].as_str().unwrap())
    }

    pub async fn detail(&self, account: &str) -> Value {
        let reply =
            self.call("mvno/getDetail", json!({ "requestDatas": [{ "kind": "MVNO", "account": account }] })).await;
        reply["responseDatas"][0].clone()
    }
}
