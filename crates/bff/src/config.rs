//! What the API can be told, already typed. The executable reads it from the environment.

use secrecy::SecretString;
use std::path::PathBuf;
use url::Url;

/// Settings of the API.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where browsers reach the portal. `https` switches `Strict-Transport-Security` on.
    pub public_url: Url,
    /// `true`: the refresh cookie is `Secure` with the `__Host-` prefix. `false` is for plain HTTP on one's own machine.
    pub cookie_secure: bool,
    /// Signs access tokens (HS256); at least 32 bytes.
    pub jwt_key: SecretString,
    /// The key before or after the current one: what it signed is accepted too. A rotation gives the new key here first, to
    /// every bff, so that it is known everywhere before anything is signed with it.
    pub previous_jwt_key: Option<SecretString>,
    /// Derives each refresh token from the one before; at least 32 bytes.
    pub refresh_key: SecretString,
    /// Encrypts secrets of authenticator apps and hashes what counters are kept by; at least 32 bytes.
    pub secrets_key: SecretString,
    /// The key before the last change: what it has encrypted is read still, and encrypted anew when it is used.
    pub previous_secrets_key: Option<SecretString>,
    /// The key before or after the current one: a repeated refresh finds the successor that was derived with it.
    pub previous_refresh_key: Option<SecretString>,
    /// Folder of the built front end; `None` when something else serves it.
    pub static_dir: Option<PathBuf>,
    /// Customers may start their order without an agent.
    pub customer_may_confirm: bool,
    /// Consumption tax, percent.
    pub tax_rate_percent: u8,
    /// Life of an access token, minutes.
    pub access_minutes: u32,
    /// Life of a refresh-token family from sign-in, days.
    pub refresh_days: u32,
    /// A session that was not used for so many hours ends.
    pub idle_hours: u32,
    pub passwords: PasswordCost,
    /// Bearer token that `/metrics` asks for; `None` leaves it open (bind the port where only the scraper reaches it).
    pub metrics_token: Option<SecretString>,
    /// Origins that may send writes and open the live connection, such as `https://portal.example`.
    pub allowed_origins: Vec<String>,
    /// The client's address is the last entry of `X-Forwarded-For`. Only behind a proxy that appends it.
    pub trust_forwarded_for: bool,
    /// Secrets that the hook file in WHMCS may sign with: the current one, and the one before while it is being changed.
    /// Empty: no webhooks are taken.
    pub whmcs_webhook_secrets: Vec<SecretString>,
    pub rates: Rates,
}

/// Cost of Argon2id. The defaults are OWASP's minimum (19 MiB, 2 passes, 1 lane).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory of one hash, KiB.
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    /// Hashes at the same time, by default one for each core; more wait.
    pub parallel: usize,
}

/// Requests a minute, also the largest burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Everything from one address: many people may share one.
    pub address: u32,
    /// Everything of one person.
    pub person: u32,
    /// Reads of one route, by one person, or by one address when nobody is signed in.
    pub read: u32,
    /// Writes of one route, in the same way. Staff acts are such.
    pub write: u32,
    /// Sign-ins from one address.
    pub login: u32,
    /// Sign-ins to one account, from anywhere.
    pub login_per_account: u32,
    /// Sign-ups from one address.
    pub register: u32,
    /// Refreshes from one address.
    pub refresh: u32,
    /// Orders and confirmations of one person.
    pub orders: u32,
    /// Tickets for the live connection of one person.
    pub live: u32,
    /// Webhooks from one address.
    pub webhooks: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        let parallel = std::thread::available_parallelism().map_or(2, usize::from);
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1, parallel }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            address: 1_200,
            person: 600,
            read: 300,
            write: 60,
            login: 30,
            login_per_account: 10,
            register: 20,
            refresh: 120,
            orders: 60,
            live: 60,
            webhooks: 1_200,
        }
    }
}

impl Config {
    /// Shortest key, bytes.
    pub const MIN_KEY_BYTES: usize = 32;

    /// The defaults for an address: secure cookies with `https`, one allowed origin, the refresh key for stored secrets too.
    pub fn new(public_url: Url, jwt_key: SecretString, refresh_key: SecretString) -> Self {
        Self {
            cookie_secure: public_url.scheme() == "https",
            allowed_origins: vec![public_url.origin().ascii_serialization()],
            public_url,
            jwt_key,
            secrets_key: refresh_key.clone(),
            previous_secrets_key: None,
            previous_jwt_key: None,
            refresh_key,
            previous_refresh_key: None,
            static_dir: None,
            customer_may_confirm: false,
            tax_rate_percent: 10,
            access_minutes: 15,
            refresh_days: 7,
            idle_hours: 72,
            passwords: PasswordCost::default(),
            metrics_token: None,
            trust_forwarded_for: false,
            whmcs_webhook_secrets: Vec::new(),
            rates: Rates::default(),
        }
    }

    /// How long a session may go unused, milliseconds.
    pub(crate) const fn idle_ms(&self) -> i64 {
        self.idle_hours as i64 * 3_600_000
    }

    /// Name of the cookie by which a browser is known again at sign-in.
    pub const fn device_cookie(&self) -> &'static str {
        if self.cookie_secure { "__Host-portal_device" } else { "portal_device" }
    }

    /// Name of the refresh cookie.
    pub const fn refresh_cookie(&self) -> &'static str {
        if self.cookie_secure { "__Host-portal_refresh" } else { "portal_refresh" }
    }
}
