//! Signing in with the JWT bearer flow. The reply says neither how long the token lives nor that the instance stays where
//! it is, so both are learnt anew at every renewal.

use super::config::Config;
use crate::error::{Provider, UpstreamErrorKind};
use crate::http::{Call, Http, Reply};
use domain::orders::providers::salesforce::normalise_id;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// Life of an assertion.
const ASSERTION_SECONDS: u64 = 180;

/// A signed-in session.
#[derive(Debug)]
pub(super) struct Session {
    pub token: SecretString,
    /// Without a slash at the end.
    pub instance_url: String,
    /// 18 characters.
    pub organisation: String,
    /// `User.Id` that the portal works as, 18 characters: who wrote what the portal wrote.
    pub user: String,
}

#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    exp: u64,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: SecretString,
    instance_url: String,
    /// `{login}/id/<ORGID18>/<USERID18>`
    id: String,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Signs in. `Denied` when the key, the user or the connected app is not accepted, also when the key is unreadable.
pub(super) async fn sign_in(http: &Http, config: &Config) -> Result<Session, UpstreamErrorKind> {
    let call = Call::read(Provider::Salesforce, "token");
    let key = EncodingKey::from_rsa_pem(config.private_key.expose_secret().as_bytes()).map_err(|error| {
        tracing::error!(%error, "the Salesforce private key is not an RSA key in PEM form");
        UpstreamErrorKind::Denied
    })?;
    let claims = Claims {
        iss: &config.client_id,
        sub: &config.username,
        aud: config.audience.as_deref().unwrap_or_else(|| config.login()),
        exp: get_current_timestamp() + ASSERTION_SECONDS,
    };
    let assertion = encode(&Header::new(Algorithm::RS256), &claims, &key).map_err(|error| {
        tracing::error!(%error, "the Salesforce assertion could not be signed");
        UpstreamErrorKind::Denied
    })?;
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        .append_pair("assertion", &assertion)
        .finish();
    let request = http
        .client()
        .post(format!("{}/services/oauth2/token", config.login()))
        .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    http.call(call, request, |reply| Ok((session(call, &reply)?, "ok"))).await
}

fn session(call: Call, reply: &Reply) -> Result<Session, UpstreamErrorKind> {
    if !reply.status.is_success() {
        // Token errors are one object, unlike REST errors.
        let Ok(error) = serde_json::from_slice::<TokenError>(&reply.body) else {
            reply.served(call)?;
            return Err(if reply.status.is_client_error() { UpstreamErrorKind::Denied } else { call.no_answer() });
        };
        tracing::warn!(
            error = error.error,
            description = crate::error::redact(&error.error_description),
            "Salesforce sign-in failed"
        );
        return Err(match error.error.as_str() {
            "rate_limit_exceeded" | "unknown_error" => UpstreamErrorKind::unavailable(),
            _ => UpstreamErrorKind::Denied,
        });
    }
    let json = reply.json(call)?;
    // The reply holds the token, so the fault is named without its text.
    let token: TokenReply =
        serde_json::from_value(json).map_err(|_| UpstreamErrorKind::garbled("the token reply lacks a member"))?;
    let (organisation, user) =
        identity_of(&token.id).ok_or_else(|| UpstreamErrorKind::garbled("id names no organisation and user"))?;
    Ok(Session {
        token: token.access_token,
        instance_url: token.instance_url.trim_end_matches('/').to_owned(),
        organisation,
        user,
    })
}

/// Organisation and user in the long form: the last two segments of the identity address.
fn identity_of(id: &str) -> Option<(String, String)> {
    let mut segments = id.trim_end_matches('/').rsplit('/');
    let (user, organisation) = (segments.next()?, segments.next()?);
    if !organisation.starts_with("00D") || !user.starts_with("005") {
        return None;
    }
    Some((normalise_id(organisation)?, normalise_id(user)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organisation_stands_before_the_user() {
        let id = "https://login.salesforce.com/id/00D50000000IZ3ZEAW/00550000001fg5OAAQ";
        let long = Some(("00D50000000IZ3ZEAW".to_owned(), "00550000001fg5OAAQ".to_owned()));
        assert_eq!(identity_of(id), long);
        assert_eq!(identity_of("https://x/id/00D50000000IZ3Z/00550000001fg5O/"), long, "the short form");
        assert_eq!(identity_of("https://x/id/"), None);
    }
}
