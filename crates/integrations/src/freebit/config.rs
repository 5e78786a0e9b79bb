use crate::http;
use domain::sim::CarrierUnits;
use secrecy::SecretString;
use url::Url;

/// Access to Freebit's SIM management.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address up to and including `/emptool/api`.
    pub base_url: Url,
    /// Partner id (`oemId`).
    pub oem_id: String,
    /// Partner key (`oemKey`).
    pub oem_key: SecretString,
    /// Time for a whole call, milliseconds.
    pub timeout_ms: u64,
    /// Calls at a time; further ones wait two seconds at most.
    pub concurrency: usize,
    /// How the carrier counts data.
    pub units: CarrierUnits,
}

impl Config {
    /// The usual limits; every field can be changed afterwards.
    pub fn new(base_url: Url, oem_id: String, oem_key: SecretString) -> Self {
        Self {
            base_url,
            oem_id,
            oem_key,
            timeout_ms: http::DEFAULT_TIMEOUT_MS,
            concurrency: 4,
            units: CarrierUnits::default(),
        }
    }
}
