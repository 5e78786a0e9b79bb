//! Settings of mails.

use super::Role;
use platform::config::Reader;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;
use worker::mail::{Config, Tls};

/// Where mails go; `None` leaves them to the sandbox, where there is one.
pub(super) fn read(r: &mut Reader, role: Role, public_url: Option<&Url>) -> Option<Config> {
    const HOST: &str = "mail server; empty: the mails of the all-in-one process go to the sandbox's outbox";
    let host = match role {
        Role::Worker => r.required::<String>("MAIL__HOST", "host name", HOST),
        Role::Run | Role::Bff | Role::Sandbox | Role::Store => r.optional("MAIL__HOST", "host name", HOST),
    };
    let tls = r.or::<Tls>(
        "MAIL__TLS",
        "none, starttls or implicit",
        "starttls",
        "protection of the line to the mail server; none is only for one on this machine",
    );
    let port = r.or::<u16>("MAIL__PORT", "port", "587", "of the mail server: 587 with starttls, 465 with implicit");
    let user = r.optional::<String>("MAIL__USER", "text", "name at the mail server; empty: it asks for none");
    let password = r.secret("MAIL__PASSWORD", false, "password at the mail server");
    let from = r.or::<String>("MAIL__FROM", "mail address", "Portal <portal@localhost>", "sender of all mails");
    if from.as_deref().is_some_and(|from| !worker::mail::is_sender(from)) {
        r.fault("MAIL__FROM", "must be an address such as `Portal <portal@example.com>`");
    }
    let login: Option<(String, SecretString)> = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            r.fault("MAIL__USER", "goes with MAIL__PASSWORD: give both or neither");
            None
        }
    };
    if login.is_some() && tls == Some(Tls::None) {
        r.fault("MAIL__TLS", "must protect the password");
    }
    Some(Config {
        host: host?,
        port: port?,
        tls: tls?,
        login,
        from: from?,
        public_url: public_url?.clone(),
        timeout: Duration::from_secs(20),
    })
}
