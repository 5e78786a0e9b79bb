use crate::http;
use domain::Currency;
use secrecy::SecretString;
use url::Url;

/// Access to WHMCS.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the installation; the API is at `/includes/api.php` below it.
    pub base_url: Url,
    /// API credential: identifier.
    pub identifier: SecretString,
    /// API credential: secret.
    pub secret: SecretString,
    /// System name of the payment method for new orders (one of `GetPaymentMethods`).
    pub payment_method: String,
    /// Id of the client custom field that holds our customer number. Only clients that carry it are ever linked.
    pub customer_number_field: u64,
    /// Name of the product custom field that holds the phone number of a SIM service.
    pub line_number_field: String,
    /// Currency of the installation; amounts of services carry none.
    pub currency: Currency,
    /// Time for a whole call, milliseconds.
    pub timeout_ms: u64,
    /// Calls at a time; further ones wait two seconds at most.
    pub concurrency: usize,
}

impl Config {
    /// The usual names and limits; every field can be changed afterwards.
    pub fn new(base_url: Url, identifier: SecretString, secret: SecretString) -> Self {
        Self {
            base_url,
            identifier,
            secret,
            payment_method: "banktransfer".to_owned(),
            customer_number_field: 1,
            line_number_field: "MSISDN".to_owned(),
            currency: Currency::Jpy,
            timeout_ms: http::DEFAULT_TIMEOUT_MS,
            // One PHP process each, shared with the people who work in it.
            concurrency: 8,
        }
    }
}
