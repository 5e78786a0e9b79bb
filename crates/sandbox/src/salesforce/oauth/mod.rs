//! OAuth: the token endpoint, and what belongs to it in the other files.

mod assertion;
mod authorize;
mod client;
mod identity;
mod tokens;

use serde_json::json;

use super::SESSIONS;
use crate::World;
use crate::http::Reply;
use crate::world::store::StoreError;
use client::Client;

pub(crate) use authorize::authorize;
pub(crate) use identity::{identity, userinfo};
pub(crate) use tokens::{introspect, revoke, session};

/// The user whom the connected app acts for.
pub(crate) const USERNAME: &str = "integration@kagami-telecom.example.com";
/// What the connected app may ask for at most.
const SCOPE: &str = "api web id refresh_token";
/// Asked for besides, it adds an id token.
const OPENID: &str = "openid";

/// A refused request in OAuth's form, which is not REST's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    status: u16,
    error: &'static str,
    description: String,
}

impl Refusal {
    fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into() }
    }

    fn grant(description: &str) -> Self {
        Self::new(400, "invalid_grant", description)
    }

    fn unknown_client() -> Self {
        Self::new(400, "invalid_client_id", "client identifier invalid")
    }

    fn reply(&self) -> Reply {
        Reply::json(self.status, &json!({ "error": self.error, "error_description": self.description }))
            .with_outcome(format!("{} {}", self.status, self.error))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(400, "unknown_error", error.to_string())
    }
}

/// A member of a form or of an address.
fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// `POST /services/oauth2/token`. `login` is the address the caller used, `basic` the decoded Basic credentials.
pub(crate) fn token(world: &World, form: &[(String, String)], basic: Option<(String, String)>, login: &str) -> Reply {
    let granted = match field(form, "grant_type") {
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            assertion::check(world, field(form, "assertion").unwrap_or_default(), login)
                .and_then(|()| tokens::issue(world, login, SCOPE, None))
                .map(|issued| issued.body())
        }
        Some("client_credentials") => Client::of(form, basic)
            .authenticate(world)
            .and_then(|()| tokens::issue(world, login, SCOPE, None))
            .map(|issued| issued.signed(world)),
        Some("authorization_code") => authorize::redeem(world, form, &Client::of(form, basic), login),
        Some("refresh_token") => tokens::renew(world, form, &Client::of(form, basic), login),
        _ => Err(Refusal::new(400, "unsupported_grant_type", "grant type not supported")),
    };
    match granted {
        Ok(body) => Reply::json(200, &body),
        Err(refusal) => refusal.reply(),
    }
}
