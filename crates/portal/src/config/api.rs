//! Settings of the API.

use super::Role;
use platform::config::Reader;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Settings of the API; keys may be missing in the all-in-one process, which makes its own.
pub struct Bff {
    pub listen: SocketAddr,
    pub workers: usize,
    pub public_url: Url,
    pub cookie_secure: bool,
    pub jwt_key: Option<SecretString>,
    pub refresh_key: Option<SecretString>,
    pub secrets_key: Option<SecretString>,
    pub previous_secrets_key: Option<SecretString>,
    pub static_dir: Option<PathBuf>,
    pub customer_may_confirm: bool,
    pub tax_rate_percent: u8,
    pub previous_jwt_key: Option<SecretString>,
    pub previous_refresh_key: Option<SecretString>,
    pub idle_hours: u32,
    pub metrics_token: Option<SecretString>,
    pub trust_forwarded_for: bool,
    /// The current one first.
    pub webhook_secrets: Vec<SecretString>,
    pub rates: bff::config::Rates,
}

pub(super) fn read(r: &mut Reader, role: Role) -> Option<Bff> {
    let keys_needed = role == Role::Bff;
    let listen = r.or("BFF__LISTEN", "address", "127.0.0.1:8080", "where the API listens");
    let workers = r.or("BFF__WORKERS", "number", "2", "threads that answer requests");
    let public_url = r.or::<Url>(
        "BFF__PUBLIC_URL",
        "URL",
        "http://localhost:8080",
        "the address that customers type; requests of other origins are refused",
    );
    let secure = r.optional::<bool>(
        "BFF__COOKIE_SECURE",
        "true or false",
        "`__Host-` cookie over HTTPS only; default: true when the public address is https",
    );
    let jwt_key =
        r.secret("BFF__JWT_KEY", keys_needed, "key of access tokens, at least 32 characters, the same for every bff");
    let refresh_key = r.secret(
        "BFF__REFRESH_KEY",
        keys_needed,
        "key of refresh tokens, at least 32 characters, the same for every bff",
    );
    let secrets_key = r.secret(
        "BFF__SECRETS_KEY",
        keys_needed,
        "encrypts the secrets of authenticator apps, at least 32 characters, the same for every bff; losing it switches all apps off",
    );
    let previous_secrets_key = r.secret(
        "BFF__PREVIOUS_SECRETS_KEY",
        false,
        "the key of stored secrets before the last change; they are encrypted anew when they are used",
    );
    let static_dir = r.or::<PathBuf>(
        "BFF__STATIC_DIR",
        "path",
        "frontend/dist",
        "the built web app; a missing folder leaves only the API",
    );
    let customer_may_confirm = r.or(
        "BFF__CUSTOMER_MAY_CONFIRM",
        "true or false",
        "false",
        "customers may start an order without an agent's approval",
    );
    let tax_rate_percent = r.or::<u8>("BFF__TAX_RATE_PERCENT", "0 to 100", "10", "consumption tax on catalogue prices");
    let previous_jwt_key = r.secret(
        "BFF__PREVIOUS_JWT_KEY",
        false,
        "the other access-token key while keys are rotated, the coming or the former one; its tokens are accepted",
    );
    let previous_refresh_key = r.secret(
        "BFF__PREVIOUS_REFRESH_KEY",
        false,
        "the other refresh-token key while keys are rotated, the coming or the former one",
    );
    let idle_hours =
        r.or::<u32>("BFF__SESSION_IDLE_HOURS", "1 to 168", "72", "a session that was not used for so long ends");
    let metrics_token = r.secret("BFF__METRICS_TOKEN", false, "bearer token that `/metrics` asks for; empty: open");
    let trust_forwarded_for = r.or(
        "BFF__TRUST_FORWARDED_FOR",
        "true or false",
        "false",
        "the client's address is the last entry of `X-Forwarded-For`; only behind a proxy that appends it",
    );
    let webhook_secret = r.secret(
        "WHMCS__WEBHOOK_SECRET",
        false,
        "signs what the hook file in WHMCS sends, at least 32 characters; empty: no webhooks are taken",
    );
    let previous_webhook_secret = r.secret(
        "WHMCS__PREVIOUS_WEBHOOK_SECRET",
        false,
        "the secret before the last change, while the hook file still has it",
    );
    let rates = rates(r);
    let keys = [
        ("BFF__JWT_KEY", &jwt_key),
        ("BFF__REFRESH_KEY", &refresh_key),
        ("BFF__SECRETS_KEY", &secrets_key),
        ("BFF__PREVIOUS_SECRETS_KEY", &previous_secrets_key),
        ("BFF__PREVIOUS_JWT_KEY", &previous_jwt_key),
        ("BFF__PREVIOUS_REFRESH_KEY", &previous_refresh_key),
        ("WHMCS__WEBHOOK_SECRET", &webhook_secret),
        ("WHMCS__PREVIOUS_WEBHOOK_SECRET", &previous_webhook_secret),
    ];
    for (name, key) in keys {
        if key.as_ref().is_some_and(|k| k.expose_secret().len() < 32) {
            r.fault(name, "must have at least 32 characters");
        }
    }
    if tax_rate_percent.is_some_and(|rate| rate > 100) {
        r.fault("BFF__TAX_RATE_PERCENT", "must be at most 100");
    }
    if idle_hours.is_some_and(|hours| !(1..=168).contains(&hours)) {
        r.fault("BFF__SESSION_IDLE_HOURS", "must be from 1 to 168");
    }
    let public_url = public_url?;
    Some(Bff {
        listen: listen?,
        workers: workers?,
        cookie_secure: secure.unwrap_or(public_url.scheme() == "https"),
        public_url,
        jwt_key,
        refresh_key,
        secrets_key,
        previous_secrets_key,
        static_dir,
        customer_may_confirm: customer_may_confirm?,
        tax_rate_percent: tax_rate_percent?,
        previous_jwt_key,
        previous_refresh_key,
        idle_hours: idle_hours?,
        metrics_token,
        trust_forwarded_for: trust_forwarded_for?,
        webhook_secrets: [webhook_secret, previous_webhook_secret].into_iter().flatten().collect(),
        rates: rates?,
    })
}

fn rates(r: &mut Reader) -> Option<bff::config::Rates> {
    let address = r.or("BFF__RATE_ADDRESS", "a minute", "1200", "requests from one address; many people may share one");
    let person = r.or("BFF__RATE_PERSON", "a minute", "600", "requests of one person");
    let read = r.or(
        "BFF__RATE_READ",
        "a minute",
        "300",
        "reads of one route by one person, or by one address when nobody is signed in",
    );
    let write =
        r.or("BFF__RATE_WRITE", "a minute", "60", "writes of one route in the same way, acts of staff among them");
    let login = r.or("BFF__RATE_LOGIN", "a minute", "30", "sign-ins from one address");
    let login_per_account =
        r.or("BFF__RATE_LOGIN_PER_ACCOUNT", "a minute", "10", "sign-ins to one account, from anywhere");
    let register = r.or("BFF__RATE_REGISTER", "a minute", "20", "sign-ups from one address");
    let refresh = r.or("BFF__RATE_REFRESH", "a minute", "120", "token renewals from one address");
    let orders = r.or("BFF__RATE_ORDERS", "a minute", "60", "orders and confirmations of one person");
    let live = r.or("BFF__RATE_LIVE", "a minute", "60", "live connections of one person");
    let webhooks = r.or("BFF__RATE_WEBHOOKS", "a minute", "1200", "webhooks from one address");
    Some(bff::config::Rates {
        address: address?,
        person: person?,
        read: read?,
        write: write?,
        login: login?,
        login_per_account: login_per_account?,
        register: register?,
        refresh: refresh?,
        orders: orders?,
        live: live?,
        webhooks: webhooks?,
    })
}
