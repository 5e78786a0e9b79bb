use crate::http;
use domain::Currency;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Access to WHMCS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the installation; the API is at `/includes/api.php` below it.
    pub base_url: Url,
    /// API credential: identifier.
    pub identifier: SecretString,
    /// API credential: secret.
    pub secret: SecretString,
    /// System name of the payment method for new orders (one of `GetPaymentMethods`).
    #[serde(default = "bank_transfer")]
    pub payment_method: String,
    /// Id of the client custom field that holds our customer number. Only clients that carry it are ever linked.
    #[serde(default = "first_field")]
    pub customer_number_field: u64,
    /// Name of the product custom field that holds the phone number of a SIM service.
    #[serde(default = "msisdn")]
    pub line_number_field: String,
    /// Currency of the installation; amounts of services carry none.
    #[serde(default = "yen")]
    pub currency: Currency,
    /// Time for a whole call, milliseconds.
    #[serde(default = "http::default_timeout_ms")]
    pub timeout_ms: u64,
}

fn bank_transfer() -> String {
    "banktransfer".to_owned()
}
const fn first_field() -> u64 {
    1
}
fn msisdn() -> String {
    "MSISDN".to_owned()
}
const fn yen() -> Currency {
    Currency::Jpy
}
