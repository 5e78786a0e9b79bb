//! Access and refresh tokens: given, renewed, revoked, looked at.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Client, Refusal, SCOPE, SESSIONS, USERNAME, field};
use crate::World;
use crate::http::Reply;
use crate::keys::random_text;
use crate::salesforce::records::Writer;
use crate::seed::{INTEGRATION_USER_ID, ORG_ID};
use crate::world::store::{Store, StoreError};

/// Session policy of the org: two hours. The token reply does not say so.
const SESSION_MS: i64 = 2 * 3_600_000;
/// Table of refresh tokens: they stay until they are revoked, also over restarts.
const REFRESH: &str = "oauth.refresh";

#[derive(Serialize, Deserialize)]
struct Session {
    user_id: String,
    issued_ms: i64,
    #[serde(default = "whole_scope")]
    scope: String,
    /// The refresh token that it came from: it ends with it.
    #[serde(default)]
    refresh: Option<String>,
}

fn whole_scope() -> String {
    SCOPE.to_owned()
}

#[derive(Serialize, Deserialize)]
struct Refresh {
    issued_ms: i64,
    scope: String,
}

/// A token that was just given.
pub(super) struct Issued {
    login: String,
    pub(super) access_token: String,
    scope: String,
    issued_ms: i64,
}

impl Issued {
    /// The identity address: organisation and user are its last two segments.
    pub(super) fn id(&self) -> String {
        format!("{}/id/{ORG_ID}/{INTEGRATION_USER_ID}", self.login)
    }

    /// The members of every token reply.
    pub(super) fn body(&self) -> Value {
        json!({
            "access_token": self.access_token, "scope": self.scope, "instance_url": self.login, "id": self.id(),
            "token_type": "Bearer", "api_instance_url": self.login,
        })
    }

    /// The same with the time and its signature: all flows but the JWT bearer's.
    pub(super) fn signed(&self, world: &World) -> Value {
        let (mut body, issued) = (self.body(), self.issued_ms.to_string());
        // HMAC takes keys of every length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(world.keys().client_secret.as_bytes()) {
            mac.update(self.id().as_bytes());
            mac.update(issued.as_bytes());
            body["signature"] = json!(STANDARD.encode(mac.finalize().into_bytes()));
        }
        body["issued_at"] = json!(issued);
        body
    }
}

/// The user of a valid token.
pub(crate) fn session(store: &Store, token: &str, now: i64) -> Option<Writer> {
    let session: Session = store.read(SESSIONS, token)?;
    (now - session.issued_ms < SESSION_MS).then_some(Writer { user_id: session.user_id, now_ms: now })
}

/// Opens a session.
pub(super) fn issue(world: &World, login: &str, scope: &str, refresh: Option<&str>) -> Result<Issued, Refusal> {
    let access_token = format!("{}!{}", &ORG_ID[..15], random_text(96));
    let now = world.now_ms();
    let session = Session {
        user_id: INTEGRATION_USER_ID.to_owned(),
        issued_ms: now,
        scope: scope.to_owned(),
        refresh: refresh.map(str::to_owned),
    };
    world.write(|txn| -> Result<(), StoreError> {
        let stale: Vec<String> = txn
            .rows(SESSIONS)
            .filter(|(_, row)| row["issued_ms"].as_i64().is_none_or(|issued| now - issued >= SESSION_MS))
            .map(|(token, _)| token.clone())
            .collect();
        for old in stale {
            txn.delete(SESSIONS, &old);
        }
        txn.put(SESSIONS, &access_token, &session);
        Ok(())
    })?;
    Ok(Issued { login: login.to_owned(), access_token, scope: session.scope, issued_ms: now })
}

/// Makes a refresh token.
pub(super) fn new_refresh(world: &World, scope: &str) -> Result<String, Refusal> {
    let token = format!("5Aep{}", random_text(83));
    let row = Refresh { issued_ms: world.now_ms(), scope: scope.to_owned() };
    world.write(|txn| -> Result<(), StoreError> {
        txn.put(REFRESH, &token, &row);
        Ok(())
    })?;
    Ok(token)
}

/// The grant `refresh_token`: a new session for a token that goes on being good.
pub(super) fn renew(world: &World, form: &[(String, String)], client: &Client, login: &str) -> Result<Value, Refusal> {
    client.identify(world)?;
    let token = field(form, "refresh_token").unwrap_or_default();
    let known: Option<Refresh> = world.read(|store| store.read(REFRESH, token));
    let known = known.ok_or_else(|| Refusal::grant("expired access/refresh token"))?;
    Ok(issue(world, login, &known.scope, Some(token))?.signed(world))
}

/// `POST /services/oauth2/revoke`: an access token alone, or a refresh token with every session that came from it.
pub(crate) fn revoke(world: &World, form: &[(String, String)]) -> Reply {
    if field(form, "token_type_hint").is_some_and(|hint| !["access_token", "refresh_token"].contains(&hint)) {
        return Refusal::new(400, "unsupported_token_type", "this token type cannot be revoked").reply();
    }
    let token = field(form, "token").unwrap_or_default();
    let revoked = world.write(|txn| -> Result<bool, StoreError> {
        if !txn.delete(REFRESH, token) {
            return Ok(txn.delete(SESSIONS, token));
        }
        let own: Vec<String> = txn
            .rows(SESSIONS)
            .filter(|(_, row)| row["refresh"].as_str() == Some(token))
            .map(|(session, _)| session.clone())
            .collect();
        for session in own {
            txn.delete(SESSIONS, &session);
        }
        Ok(true)
    });
    match revoked {
        Ok(true) => Reply::empty(200),
        Ok(false) => Refusal::new(400, "invalid_token", "invalid token").reply(),
        Err(error) => Refusal::from(error).reply(),
    }
}

/// `POST /services/oauth2/introspect`, for the connected app's own tokens.
pub(crate) fn introspect(world: &World, form: &[(String, String)]) -> Reply {
    let token = field(form, "token").unwrap_or_default();
    let shown = |scope: &str, kind: &str, issued_ms: i64| {
        let issued = issued_ms / 1_000;
        json!({
            "active": true, "scope": scope, "client_id": world.keys().client_id, "username": USERNAME,
            "sub": INTEGRATION_USER_ID, "token_type": kind, "iat": issued, "nbf": issued,
        })
    };
    let body = world.read(|store| {
        if let Some(refresh) = store.read::<Refresh>(REFRESH, token) {
            return Some(shown(&refresh.scope, "refresh_token", refresh.issued_ms));
        }
        let session = store.read::<Session>(SESSIONS, token)?;
        (store.now_ms() - session.issued_ms < SESSION_MS).then(|| {
            let mut body = shown(&session.scope, "access_token", session.issued_ms);
            body["exp"] = json!((session.issued_ms + SESSION_MS) / 1_000);
            body
        })
    });
    Reply::json(200, &body.unwrap_or_else(|| json!({ "active": false })))
}
