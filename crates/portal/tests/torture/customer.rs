//! A customer over HTTP, as patient as a browser that repeats an order with the same key until it has an answer.

use domain::catalog::{Catalog, Category, Choice, Plan, SimKind};
use domain::orders::pricing::quote;
use domain::orders::schema::{NewOrder, NewOrderItem, SimChoice};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery staple";

#[derive(Clone)]
pub struct Customer {
    http: reqwest::Client,
    url: String,
    token: String,
    catalog: Catalog,
}

/// A service to order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Esim,
    Physical,
    Internet,
}

impl Customer {
    /// Signs up.
    pub async fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let email = format!("customer-{}@example.com", uuid::Uuid::new_v4().simple());
        let body = json!({
            "email": email, "password": PASSWORD, "family_name": "Yamaneko", "given_name": "Hanako",
            "phone": "03-0000-0042", "terms_accepted": true, "language": "ja",
            "address": { "postcode": "1000001", "prefecture": "Tokyo", "city": "Chiyoda", "line1": "4-2", "line2": "" },
        });
        let request =
            http.post(format!("{url}/api/auth/register")).header("origin", url).header("x-portal-client", "web");
        let reply = request.json(&body).send().await.unwrap();
        assert_eq!(reply.status(), 201, "{}", reply.text().await.unwrap());
        let reply: Value = reply.json().await.unwrap();
        let catalog = http.get(format!("{url}/api/catalog")).send().await.unwrap().json().await.unwrap();
        let token = reply["access_token"].as_str().unwrap().to_owned();
        Self { http, url: url.to_owned(), token, catalog }
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

    /// One try: the order, or nothing when there was no answer that settles it.
    pub async fn try_order(&self, key: &str, order: &NewOrder) -> Option<Value> {
        let request = self.http.post(format!("{}/api/orders", self.url)).bearer_auth(&self.token);
        let request = request.header("origin", &self.url).header("x-portal-client", "web");
        let reply = request.header("idempotency-key", key).json(order).send().await.ok()?;
        let status = reply.status().as_u16();
        let body: Value = reply.json().await.ok()?;
        match status {
            201 => Some(body),
            // In progress, or an upstream is away: the same key may be sent again.
            409 | 500..=599 => None,
            _ => panic!("{status}: {body:#}"),
        }
    }

    /// Repeats until there is an answer. Gives up after a minute.
    pub async fn order(&self, key: &str, order: &NewOrder) -> Value {
        let started = Instant::now();
        loop {
            if let Some(placed) = self.try_order(key, order).await {
                return placed;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "no answer to the order {key}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// A new EID with right check digits: the carrier refuses one that is in use.
fn eid() -> String {
    let body = format!("89049032{:022}", uuid::Uuid::new_v4().as_u128() % 10_u128.pow(22));
    let remainder = format!("{body}00").bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("{body}{:02}", 98 - remainder)
}
