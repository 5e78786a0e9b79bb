//! A customer over HTTP, as patient as a browser that repeats an order with the same key until it has an answer.

use crate::fleet::Fleet;
use domain::catalog::{Catalog, Category, Choice, Plan, SimKind};
use domain::orders::pricing::quote;
use domain::orders::schema::{NewOrder, NewOrderItem, SimChoice};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery staple";

#[derive(Clone)]
pub struct Customer {
    http: reqwest::Client,
    url: String,
    email: String,
    token: String,
    /// The refresh cookie, `name=value`.
    cookie: String,
    catalog: Catalog,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub media_type: String,
    /// Seconds.
    pub retry_after: Option<u32>,
    /// Whether it says that it is a stored answer.
    pub replayed: bool,
    pub body: String,
}

impl Reply {
    async fn read(reply: reqwest::Response) -> reqwest::Result<Self> {
        let header =
            |name: &str| reply.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let (media_type, retry_after) = (header("content-type"), header("retry-after").parse().ok());
        let replayed = header("idempotency-replayed") == "true";
        Ok(Self { status: reply.status().as_u16(), media_type, retry_after, replayed, body: reply.text().await? })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// A service to order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Esim,
    Physical,
    Internet,
}

impl Customer {
    /// Signs up, and opens the link of the mail.
    pub async fn new(fleet: &Fleet) -> Self {
        let url = fleet.url.as_str();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let email = format!("customer-{}@example.com", uuid::Uuid::new_v4().simple());
        let body = json!({
            "email": email, "password": PASSWORD, "family_name": "Yamaneko", "given_name": "Hanako",
            "phone": "03-0000-0042", "terms_accepted": true, "language": "ja",
            "address": { "postcode": "1000001", "prefecture": "Tokyo", "city": "Chiyoda", "line1": "4-2", "line2": "" },
        });
        let catalog = http.get(format!("{url}/api/catalog")).send().await.unwrap().json().await.unwrap();
        let (token, cookie) = (String::new(), String::new());
        let mut customer = Self { http, url: url.to_owned(), email, token, cookie, catalog };
        let reply = customer.post("auth/register").json(&body).send().await.unwrap();
        match reply.status().as_u16() {
            // An older release signs up at once.
            201 => customer.sign_in().await,
            202 => {
                let token = customer.link(fleet).await;
                customer.enter("register/confirm", &json!({ "token": token }), 201).await;
            }
            other => panic!("{other}: {:?}", reply.text().await),
        }
        customer
    }

    /// The token of the mail: from the mailbox, or from the outbox where no worker has sent it yet.
    async fn link(&self, fleet: &Fleet) -> String {
        let started = Instant::now();
        loop {
            let mails = fleet.sandbox.world().outbox();
            let sent =
                mails.iter().find(|mail| mail.to == self.email).and_then(|mail| mail.text.split("/confirm#").nth(1));
            if let Some(token) = sent.and_then(|rest| rest.split_whitespace().next()) {
                return token.to_owned();
            }
            let conn = fleet.store.db.conn();
            let sql = "SELECT fields FROM mail WHERE recipient = $1";
            let sql = Statement::from_sql_and_values(conn.get_database_backend(), sql, [self.email.as_str().into()]);
            // The database may be away in these tests.
            if let Ok(Some(row)) = conn.query_one_raw(sql).await
                && let Some(token) = row.try_get::<Value>("", "fields").unwrap()["token"].as_str()
            {
                return token.to_owned();
            }
            assert!(started.elapsed() < Duration::from_secs(60), "no mail to {}", self.email);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The same person with the same session at another API.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Signs in again.
    pub async fn sign_in(&mut self) {
        let body = json!({ "email": self.email, "password": PASSWORD });
        self.enter("login", &body, 200).await;
    }

    async fn enter(&mut self, how: &str, body: &Value, expected: u16) {
        let reply = self.post(&format!("auth/{how}")).json(body).send().await.unwrap();
        let cookie = reply.headers().get("set-cookie").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let reply = Reply::read(reply).await.unwrap();
        assert_eq!(reply.status, expected, "{reply:?}");
        cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
        reply.json()["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    /// Whether the session goes on: the cookie gives a new access token.
    pub async fn refresh(&self) -> u16 {
        let request = self.post("auth/refresh").header("cookie", &self.cookie);
        request.send().await.unwrap().status().as_u16()
    }

    pub async fn sign_out(&self) -> u16 {
        let request = self.post("auth/logout").header("cookie", &self.cookie).bearer_auth(&self.token);
        request.send().await.unwrap().status().as_u16()
    }

    fn post(&self, what: &str) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}/api/{what}", self.url));
        request.header("origin", &self.url).header("x-portal-client", "web")
    }

    /// Reads what the signed-in customer may read.
    pub async fn get(&self, path: &str) -> reqwest::Result<Reply> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        Reply::read(request.send().await?).await
    }

    /// The body of an order.
    pub fn order_of(&self, wishes: &[Wish]) -> NewOrder {
        let items = wishes.iter().map(|wish| self.item(*wish)).collect();
        let mut order = NewOrder { items, expected_total: 0, terms_accepted: true };
        order.expected_total = quote(&self.catalog, &order).unwrap().first_bill.gross.minor;
        order
    }

    fn item(&self, wish: Wish) -> NewOrderItem {
        let category = if wish == Wish::Internet { Category::Internet } else { Category::Sim };
        let plan: &Plan = self.catalog.plans.iter().find(|plan| plan.category == category).unwrap();
        let options = plan.options.iter().filter(|o| o.choice == Choice::OneOfKind).take(1).map(|o| o.sku.clone());
        let sim = match wish {
            Wish::Esim => Some(SimChoice { kind: SimKind::Esim, eid: Some(eid()), port_in: None }),
            Wish::Physical => Some(SimChoice { kind: SimKind::Physical, eid: None, port_in: None }),
            Wish::Internet => None,
        };
        NewOrderItem { plan: plan.sku.clone(), options: options.collect(), sim }
    }

    /// One try, and what came back.
    pub async fn send(&self, key: &str, order: &NewOrder) -> reqwest::Result<Reply> {
        let request = self.post("orders").bearer_auth(&self.token).header("idempotency-key", key);
        Reply::read(request.json(order).send().await?).await
    }

    /// One try: the order, or nothing when there was no answer that settles it.
    pub async fn try_order(&self, key: &str, order: &NewOrder) -> Option<Value> {
        let reply = self.send(key, order).await.ok()?;
        match reply.status {
            201 => Some(reply.json()),
            // In progress, or an upstream is away: the same key may be sent again.
            409 | 500..=599 => None,
            _ => panic!("{reply:?}"),
        }
    }

    /// Repeats until there is an answer. Gives up after four minutes: a request that dies with its process keeps its key
    /// for half a minute, and in a storm of many orders that can happen to the same one several times.
    pub async fn order(&self, key: &str, order: &NewOrder) -> Value {
        let started = Instant::now();
        loop {
            if let Some(placed) = self.try_order(key, order).await {
                return placed;
            }
            assert!(started.elapsed() < Duration::from_secs(240), "no answer to the order {key}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// A new EID with right check digits: the carrier refuses one that is in use.
fn eid() -> String {
    // The last four digits of the body stay clear of the sandbox's inputs that are faults by themselves.
    let body = format!("89049032{:018}0000", uuid::Uuid::new_v4().as_u128() % 10_u128.pow(18));
    let remainder = format!("{body}00").bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("{body}{:02}", 98 - remainder)
}
