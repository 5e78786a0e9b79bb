use crate::http;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Access to Freebit's SIM management.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address up to and including `/emptool/api`.
    pub base_url: Url,
    /// Partner id (`oemId`).
    pub oem_id: String,
    /// Partner key (`oemKey`).
    pub oem_key: SecretString,
    /// Time for a whole call, milliseconds.
    #[serde(default = "http::default_timeout_ms")]
    pub timeout_ms: u64,
}
