//! Mails over SMTP: what they say, how they are written down, how they are handed over. Knows no rows.

mod compose;
mod smtp;
mod texts;

pub use compose::{Composed, compose, is_sender};
pub use smtp::{Delivery, deliver};
pub use texts::{Line, Text, text};

use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: for a mail server on this machine.
    None,
    /// Plain at first, then `STARTTLS`; a server that does not offer it is not used.
    StartTls,
    /// From the first byte (RFC 8314).
    Implicit,
}

impl std::str::FromStr for Tls {
    type Err = &'static str;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "none" => Ok(Self::None),
            "starttls" => Ok(Self::StartTls),
            "implicit" => Ok(Self::Implicit),
            _ => Err("must be none, starttls or implicit"),
        }
    }
}

/// Settings of mails.
#[derive(Clone, Debug)]
pub struct Config {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Name and password, where the mail server asks for them.
    pub login: Option<(String, SecretString)>,
    /// The sender's address.
    pub from: String,
    /// Where browsers reach the portal: what links begin with.
    pub public_url: Url,
    /// Longest time until the text is handed over, and again until the server has answered to it.
    pub timeout: Duration,
}

impl Config {
    /// For a mail server that protects nothing and asks for nobody, as the sandbox's.
    pub fn plain(host: impl Into<String>, port: u16, from: impl Into<String>, public_url: Url) -> Self {
        Self {
            host: host.into(),
            port,
            tls: Tls::None,
            login: None,
            from: from.into(),
            public_url,
            timeout: Duration::from_secs(20),
        }
    }
}
