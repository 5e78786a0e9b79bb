use crate::http;
use domain::Currency;
use domain::orders::providers::salesforce::OrderStatuses;
use secrecy::SecretString;
use url::Url;

/// Access to Salesforce.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to sign in: `https://login.salesforce.com`, `https://test.salesforce.com`, or the My Domain of the organisation.
    pub login_url: Url,
    /// `aud` of the assertion. Default: the login address, which must then be one of the two Salesforce hosts.
    pub audience: Option<String>,
    /// Consumer key of the connected app.
    pub client_id: String,
    /// User that the portal works as.
    pub username: String,
    /// RSA private key in PEM form, whose certificate the connected app knows.
    pub private_key: SecretString,
    /// REST version.
    pub api_version: String,
    /// Name of the price book whose entries are on sale.
    pub price_book: String,
    /// Currency of the organisation.
    pub currency: Currency,
    /// Pub/Sub API, `https://api.pubsub.salesforce.com:7443`.
    pub pubsub_url: Url,
    /// Certificate authority of the Pub/Sub API in PEM form. Default: the system's.
    pub pubsub_ca: Option<String>,
    /// `Order.Status` of an order that may be provisioned.
    pub approved_status: String,
    /// `Order.Status` of an order whose services work; of the Activated category.
    pub fulfilled_status: String,
    /// `Order.Status` values of orders that were turned down.
    pub rejected_statuses: Vec<String>,
    /// `Case.Status` of a case that the customer closed.
    pub closed_case_status: String,
    /// `Case.Status` of a closed case that the customer opened again.
    pub reopened_case_status: String,
    /// Time for a whole call, milliseconds.
    pub timeout_ms: u64,
    /// Calls at a time; further ones wait two seconds at most.
    pub concurrency: usize,
    /// Silence on the event stream after which it counts as dead, seconds (Salesforce speaks at least every 270).
    pub event_silence_seconds: u64,
}

impl Config {
    /// The usual names and limits; every field can be changed afterwards.
    pub fn new(
        login_url: Url,
        client_id: String,
        username: String,
        private_key: SecretString,
        pubsub_url: Url,
    ) -> Self {
        Self {
            login_url,
            audience: None,
            client_id,
            username,
            private_key,
            api_version: "v62.0".to_owned(),
            price_book: "Portal".to_owned(),
            currency: Currency::Jpy,
            pubsub_url,
            pubsub_ca: None,
            approved_status: "Approved".to_owned(),
            fulfilled_status: "Activated".to_owned(),
            rejected_statuses: vec!["Rejected".to_owned(), "Cancelled".to_owned()],
            closed_case_status: "Closed".to_owned(),
            reopened_case_status: "Working".to_owned(),
            timeout_ms: http::DEFAULT_TIMEOUT_MS,
            // Salesforce counts only calls longer than 20 s against an organisation's 25.
            concurrency: 20,
            event_silence_seconds: 300,
        }
    }
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
