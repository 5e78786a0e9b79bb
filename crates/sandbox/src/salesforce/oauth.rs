//! OAuth: tokens, revocation, who-am-I.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SESSIONS;
use super::records::Writer;
use crate::World;
use crate::http::Reply;
use crate::keys::random_text;
use crate::seed::{INTEGRATION_USER_ID, OPERATOR_NAME, ORG_ID};
use crate::world::store::{Store, StoreError};
use crate::world::time::real_now_ms;

/// The user whom the connected app acts for.
pub(crate) const USERNAME: &str = "integration@kagami-telecom.example.com";
/// Session policy of the org: two hours. The token reply does not say so.
const SESSION_MS: i64 = 2 * 3_600_000;
const SCOPE: &str = "api web id refresh_token";

#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    user_id: String,
    issued_ms: i64,
}

fn refuse(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": description }))
        .with_outcome(format!("{status} {error}"))
}

/// The user of a valid token.
pub(crate) fn session(store: &Store, token: &str, now: i64) -> Option<Writer> {
    let session: Session = store.read(SESSIONS, token)?;
    (now - session.issued_ms < SESSION_MS).then_some(Writer { user_id: session.user_id, now_ms: now })
}

/// `POST /services/oauth2/token`. `login` is the address the caller used, `basic` the decoded Basic credentials.
pub(crate) fn token(world: &World, form: &[(String, String)], basic: Option<(String, String)>, login: &str) -> Reply {
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match field("grant_type") {
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            match check_assertion(world, field("assertion").unwrap_or_default(), login) {
                Ok(()) => issue(world, login, false),
                Err((error, description)) => refuse(400, error, description),
            }
        }
        Some("client_credentials") => {
            let from_body =
                field("client_id").zip(field("client_secret")).map(|(id, secret)| (id.to_owned(), secret.to_owned()));
            let keys = world.keys();
            match from_body.or(basic) {
                Some((id, _)) if id != keys.client_id => refuse(400, "invalid_client_id", "client identifier invalid"),
                Some((_, secret)) if secret == keys.client_secret => issue(world, login, true),
                _ => refuse(401, "invalid_client", "invalid client credentials"),
            }
        }
        _ => refuse(400, "unsupported_grant_type", "grant type not supported"),
    }
}

/// Checks signature, issuer, user, audience and time.
fn check_assertion(world: &World, assertion: &str, login: &str) -> Result<(), (&'static str, &'static str)> {
    let invalid = ("invalid_grant", "invalid assertion");
    let keys = world.keys();
    let key = DecodingKey::from_rsa_pem(keys.app_public_pem.as_bytes()).map_err(|_| invalid)?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Audience and time are checked below: the time may come as a text, and each refusal has its own words.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Value>(assertion, &key, &validation).map_err(|_| invalid)?.claims;
    if claims["iss"].as_str() != Some(&keys.client_id) {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    let own = [login.replace("127.0.0.1", "localhost"), login.replace("localhost", "127.0.0.1")];
    let accepted = |audience: &str| {
        let audience = audience.trim_end_matches('/');
        ["https://login.salesforce.com", "https://test.salesforce.com"].contains(&audience)
            || own.iter().any(|own| own == audience)
    };
    let audience = &claims["aud"];
    let audience = audience.as_str().or_else(|| audience.get(0).and_then(Value::as_str));
    if !audience.is_some_and(accepted) {
        return Err(("invalid_grant", "audience is invalid"));
    }
    if claims["sub"].as_str() != Some(USERNAME) {
        return Err(("invalid_grant", "user hasn't approved this consumer"));
    }
    let expires =
        claims["exp"].as_i64().or_else(|| claims["exp"].as_str().and_then(|text| text.parse().ok())).ok_or(invalid)?;
    // Dated by the caller's own machine, which knows nothing of a clock that was moved here.
    let now = real_now_ms() / 1_000;
    if expires <= now || expires > now + 3_600 {
        return Err(("invalid_grant", "expired authorization code"));
    }
    Ok(())
}

fn issue(world: &World, login: &str, with_signature: bool) -> Reply {
    let token = format!("{}!{}", &ORG_ID[..15], random_text(96));
    let now = world.now_ms();
    let session = Session { user_id: INTEGRATION_USER_ID.to_owned(), issued_ms: now };
    let kept = world.write(|txn| -> Result<(), StoreError> {
        let stale: Vec<String> = txn
            .rows(SESSIONS)
            .filter(|(_, row)| row["issued_ms"].as_i64().is_none_or(|issued| now - issued >= SESSION_MS))
            .map(|(token, _)| token.clone())
            .collect();
        for old in stale {
            txn.delete(SESSIONS, &old);
        }
        txn.put(SESSIONS, &token, &session);
        Ok(())
    });
    if let Err(error) = kept {
        return refuse(400, "unknown_error", &error.to_string());
    }
    let id = format!("{login}/id/{ORG_ID}/{INTEGRATION_USER_ID}");
    let mut body = json!({ "access_token": token, "scope": SCOPE, "instance_url": login, "id": id, "token_type": "Bearer", "api_instance_url": login });
    if with_signature {
        use base64::Engine;
        use sha2::Digest;
        let issued = now.to_string();
        let digest = sha2::Sha256::digest(format!("{}{id}{issued}", world.keys().client_secret));
        body["signature"] = json!(base64::engine::general_purpose::STANDARD.encode(digest));
        body["issued_at"] = json!(issued);
    }
    Reply::json(200, &body)
}

/// `GET /services/oauth2/userinfo`: a refused token is 403 with plain text here.
pub(crate) fn userinfo(world: &World, token: &str, login: &str) -> Reply {
    let Some(user) = world.read(|store| session(store, token, world.now_ms())) else {
        return Reply::text(403, "text/html;charset=UTF-8", "Bad_OAuth_Token");
    };
    let urls = [
        ("rest", "services/data/v{version}/"),
        ("sobjects", "services/data/v{version}/sobjects/"),
        ("query", "services/data/v{version}/query/"),
    ];
    let urls: serde_json::Map<String, Value> =
        urls.iter().map(|(name, path)| ((*name).to_owned(), json!(format!("{login}/{path}")))).collect();
    Reply::json(
        200,
        &json!({
            "sub": format!("{login}/id/{ORG_ID}/{}", user.user_id), "user_id": user.user_id, "organization_id": ORG_ID,
            "preferred_username": USERNAME, "nickname": "integration", "name": format!("{OPERATOR_NAME} Integration"), "email": USERNAME,
            "email_verified": true, "zoneinfo": "Asia/Tokyo", "urls": urls, "active": true, "user_type": "STANDARD", "language": "en_US",
            "locale": "ja_JP", "utcOffset": 32_400_000, "updated_at": "2026-01-01T00:00:00Z",
        }),
    )
}

/// `GET /id/<organisation>/<user>`: who the session belongs to, in the words of the identity service.
pub(crate) fn identity(world: &World, token: &str, login: &str, organisation: &str, user: &str) -> Reply {
    let Some(session) = world.read(|store| session(store, token, world.now_ms())) else {
        return Reply::text(403, "text/html;charset=UTF-8", "Bad_OAuth_Token");
    };
    if organisation != ORG_ID || user != session.user_id {
        return Reply::text(403, "text/html;charset=UTF-8", "Wrong_Org");
    }
    Reply::json(
        200,
        &json!({
            "id": format!("{login}/id/{ORG_ID}/{user}"), "asserted_user": true, "user_id": user, "organization_id": ORG_ID,
            "username": USERNAME, "nick_name": "integration", "display_name": format!("{OPERATOR_NAME} Integration"), "email": USERNAME,
            "email_verified": true, "timezone": "Asia/Tokyo", "active": true, "user_type": "STANDARD", "language": "en_US",
            "locale": "ja_JP", "utcOffset": 32_400_000, "is_app_installed": true,
            "urls": { "rest": format!("{login}/services/data/v{{version}}/"), "query": format!("{login}/services/data/v{{version}}/query/") },
        }),
    )
}

/// `POST /services/oauth2/revoke`.
pub(crate) fn revoke(world: &World, form: &[(String, String)]) -> Reply {
    let token = form.iter().find(|(key, _)| key == "token").map(|(_, value)| value.clone()).unwrap_or_default();
    match world.write(|txn| -> Result<bool, StoreError> { Ok(txn.delete(SESSIONS, &token)) }) {
        Ok(true) => Reply::empty(200),
        Ok(false) => refuse(400, "invalid_token", "invalid token"),
        Err(error) => refuse(400, "unknown_error", &error.to_string()),
    }
}

/// `POST /services/oauth2/introspect`, for the connected app's own tokens.
pub(crate) fn introspect(world: &World, form: &[(String, String)]) -> Reply {
    let token = form.iter().find(|(key, _)| key == "token").map(|(_, value)| value.as_str()).unwrap_or_default();
    let row = world.read(|store| store.read::<Session>(SESSIONS, token));
    match row.filter(|session| world.now_ms() - session.issued_ms < SESSION_MS) {
        Some(session) => {
            let issued = session.issued_ms / 1_000;
            Reply::json(
                200,
                &json!({
                    "active": true, "scope": SCOPE, "client_id": world.keys().client_id, "username": USERNAME, "token_type": "access_token",
                    "sub": session.user_id, "iat": issued, "nbf": issued, "exp": issued + SESSION_MS / 1_000,
                }),
            )
        }
        None => Reply::json(200, &json!({ "active": false })),
    }
}
