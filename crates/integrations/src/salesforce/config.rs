use crate::http;
use domain::Currency;
use domain::orders::providers::salesforce::OrderStatuses;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Access to Salesforce.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to sign in: `https://login.salesforce.com`, `https://test.salesforce.com`, or the My Domain of the organisation.
    pub login_url: Url,
    /// `aud` of the assertion. Default: the login address, which must then be one of the two Salesforce hosts.
    #[serde(default)]
    pub audience: Option<String>,
    /// Consumer key of the connected app.
    pub client_id: String,
    /// User that the portal works as.
    pub username: String,
    /// RSA private key in PEM form, whose certificate the connected app knows.
    pub private_key: SecretString,
    /// REST version.
    #[serde(default = "api_version")]
    pub api_version: String,
    /// Name of the price book whose entries are on sale.
    #[serde(default = "price_book")]
    pub price_book: String,
    /// Currency of the organisation.
    #[serde(default = "yen")]
    pub currency: Currency,
    /// Pub/Sub API, `https://api.pubsub.salesforce.com:7443`.
    pub pubsub_url: Url,
    /// Certificate authority of the Pub/Sub API in PEM form. Default: the system's.
    #[serde(default)]
    pub pubsub_ca: Option<String>,
    /// `Order.Status` of an order that may be provisioned.
    #[serde(default = "approved")]
    pub approved_status: String,
    /// `Order.Status` of an order whose services work; of the Activated category.
    #[serde(default = "activated")]
    pub fulfilled_status: String,
    /// `Order.Status` values of orders that were turned down.
    #[serde(default = "rejected")]
    pub rejected_statuses: Vec<String>,
    /// Time for a whole call, milliseconds.
    #[serde(default = "http::default_timeout_ms")]
    pub timeout_ms: u64,
    /// Silence on the event stream after which it counts as dead, seconds (Salesforce speaks at least every 270).
    #[serde(default = "event_silence")]
    pub event_silence_seconds: u64,
}

impl Config {
    pub(super) fn statuses(&self) -> OrderStatuses {
        OrderStatuses {
            approved: self.approved_status.clone(),
            fulfilled: self.fulfilled_status.clone(),
            rejected: self.rejected_statuses.clone(),
        }
    }
    pub(super) fn login(&self) -> &str {
        self.login_url.as_str().trim_end_matches('/')
    }
}

fn api_version() -> String {
    "v62.0".to_owned()
}
fn price_book() -> String {
    "Portal".to_owned()
}
const fn yen() -> Currency {
    Currency::Jpy
}
fn approved() -> String {
    "Approved".to_owned()
}
fn activated() -> String {
    "Activated".to_owned()
}
fn rejected() -> Vec<String> {
    vec!["Rejected".to_owned(), "Cancelled".to_owned()]
}
const fn event_silence() -> u64 {
    300
}
