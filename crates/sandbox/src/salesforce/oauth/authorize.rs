//! The authorization code flow. The connected app is pre-authorised for its one user, so nobody is asked: the address
//! sends the browser straight back with a code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::tokens::{Issued, issue, new_refresh};
use super::{Client, OPENID, Refusal, SCOPE, USERNAME, field};
use crate::World;
use crate::http::Reply;
use crate::keys::random_text;
use crate::world::store::StoreError;

/// Table of codes that were given and not redeemed.
const CODES: &str = "oauth.codes";
/// Life of a code: 15 minutes (general knowledge, not documented here).
const CODE_MS: i64 = 15 * 60_000;
/// Life of an id token (assumed).
const ID_TOKEN_SECONDS: i64 = 120;

#[derive(Serialize, Deserialize)]
struct Code {
    issued_ms: i64,
    redirect_uri: String,
    /// SHA-256 of the verifier, base64url.
    challenge: Option<String>,
    scope: String,
    nonce: Option<String>,
}

/// Callback addresses of the connected app: any on the caller's own machine. The real app has a list of its own.
fn is_callback(address: &Url) -> bool {
    matches!(address.scheme(), "http" | "https")
        && matches!(address.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
        && address.fragment().is_none()
        && address.username().is_empty()
}

/// `GET /services/oauth2/authorize`: 302 to the callback, with a code or an error; a page when the request does not
/// prove where it comes from.
pub(crate) fn authorize(world: &World, asked: &[(String, String)]) -> Reply {
    if field(asked, "client_id") != Some(&world.keys().client_id) {
        return page("invalid_client_id", "client identifier invalid");
    }
    let callback = field(asked, "redirect_uri").and_then(|address| Url::parse(address).ok()).filter(is_callback);
    let Some(mut callback) = callback else {
        return page("redirect_uri_mismatch", "redirect_uri must match configuration");
    };
    let answer = match give(world, asked) {
        Ok(code) => vec![("code", code)],
        Err(refusal) => vec![("error", refusal.error.to_owned()), ("error_description", refusal.description)],
    };
    let outcome = format!("302 {}", answer.first().map_or("", |(name, _)| name));
    callback.query_pairs_mut().extend_pairs(answer);
    if let Some(state) = field(asked, "state") {
        callback.query_pairs_mut().append_pair("state", state);
    }
    Reply::empty(302).with_header("Location", callback).with_header("Cache-Control", "no-store").with_outcome(outcome)
}

/// An error that must not be sent to an address nobody vouches for. Both texts are constants.
fn page(error: &'static str, description: &'static str) -> Reply {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Error</title></head><body><h1>OAuth Error</h1><p>error={error}&amp;error_description={description}</p></body></html>"
    );
    Reply::text(400, "text/html; charset=UTF-8", html).with_outcome(format!("400 {error}"))
}

fn give(world: &World, asked: &[(String, String)]) -> Result<String, Refusal> {
    if field(asked, "response_type") != Some("code") {
        return Err(Refusal::new(400, "unsupported_response_type", "response type not supported"));
    }
    let challenge = field(asked, "code_challenge");
    // Only S256 is known, also when the method is not named.
    let known_method =
        field(asked, "code_challenge_method").is_none_or(|method| method == "S256" && challenge.is_some());
    let well_formed = challenge.is_none_or(|text| URL_SAFE_NO_PAD.decode(text).is_ok_and(|digest| digest.len() == 32));
    if !known_method || !well_formed {
        return Err(Refusal::new(400, "invalid_request", "code challenge invalid"));
    }
    let now = world.now_ms();
    let code = Code {
        issued_ms: now,
        redirect_uri: field(asked, "redirect_uri").unwrap_or_default().to_owned(),
        challenge: challenge.map(str::to_owned),
        scope: scope(field(asked, "scope").unwrap_or_default())?,
        nonce: field(asked, "nonce").map(str::to_owned),
    };
    let text = format!("aPrx{}", random_text(60));
    world.write(|txn| -> Result<(), StoreError> {
        let stale: Vec<String> = txn
            .rows(CODES)
            .filter(|(_, row)| row["issued_ms"].as_i64().is_none_or(|issued| now - issued >= CODE_MS))
            .map(|(code, _)| code.clone())
            .collect();
        for old in stale {
            txn.delete(CODES, &old);
        }
        txn.put(CODES, &text, &code);
        Ok(())
    })?;
    Ok(text)
}

/// What is granted of what was asked for; without a wish, all that the app may have.
fn scope(asked: &str) -> Result<String, Refusal> {
    let asked: Vec<&str> = asked.split_whitespace().collect();
    if let Some(other) = asked.iter().find(|scope| **scope != OPENID && !SCOPE.split(' ').any(|own| own == **scope)) {
        return Err(Refusal::new(400, "invalid_scope", format!("the requested scope is not allowed: {other}")));
    }
    Ok(if asked.is_empty() { SCOPE.to_owned() } else { asked.join(" ") })
}

/// The grant `authorization_code`. A code is good for one attempt of the app itself.
pub(super) fn redeem(world: &World, form: &[(String, String)], client: &Client, login: &str) -> Result<Value, Refusal> {
    client.authenticate(world)?;
    let text = field(form, "code").unwrap_or_default();
    let code = world.write(|txn| -> Result<Option<Code>, StoreError> {
        let code = txn.read(CODES, text);
        txn.delete(CODES, text);
        Ok(code)
    })?;
    let code = code
        .filter(|code| world.now_ms() - code.issued_ms < CODE_MS)
        .ok_or_else(|| Refusal::grant("expired authorization code"))?;
    if field(form, "redirect_uri") != Some(&code.redirect_uri) {
        return Err(Refusal::grant("redirect uri does not match configuration"));
    }
    // A verifier without a challenge is refused like a challenge without its verifier; the words are an assumption.
    let shown = field(form, "code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    if shown.as_deref() != code.challenge.as_deref() {
        return Err(Refusal::grant("invalid code verifier"));
    }
    let refresh = new_refresh(world, &code.scope)?;
    let issued = issue(world, login, &code.scope, Some(&refresh))?;
    let mut body = issued.signed(world);
    body["refresh_token"] = json!(refresh);
    if code.scope.split(' ').any(|scope| scope == OPENID) {
        body["id_token"] = json!(id_token(world, &issued, login, code.nonce.as_deref())?);
    }
    Ok(body)
}

/// Who signed on, as a JWT. The sandbox has one RSA key, the connected app's, and signs with that; the addresses where
/// the real service shows its own keys are not imitated.
fn id_token(world: &World, issued: &Issued, login: &str, nonce: Option<&str>) -> Result<String, Refusal> {
    let now = world.now_ms() / 1_000;
    let digest = Sha256::digest(&issued.access_token);
    let mut claims = json!({
        "iss": login, "sub": issued.id(), "aud": world.keys().client_id, "iat": now, "exp": now + ID_TOKEN_SECONDS,
        "at_hash": URL_SAFE_NO_PAD.encode(&digest[..16]), "preferred_username": USERNAME, "email": USERNAME,
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    let unsigned = |_| Refusal::new(400, "unknown_error", "the id token could not be signed");
    let key = EncodingKey::from_rsa_pem(world.keys().app_private_pem.as_bytes()).map_err(unsigned)?;
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).map_err(unsigned)
}
