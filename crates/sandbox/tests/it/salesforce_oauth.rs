//! The grants besides the JWT bearer's: codes, refresh tokens, the app's own credentials.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::support::{Org, assertion, http, start, token_reply};

const CALLBACK: &str = "http://localhost:1717/callback?from=test";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An application that signs people on.
struct App<'a> {
    sandbox: &'a Sandbox,
    http: Client,
}

impl<'a> App<'a> {
    fn of(sandbox: &'a Sandbox) -> Self {
        Self { sandbox, http: Client::builder().no_proxy().redirect(Policy::none()).build().unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/services/oauth2/{path}", self.sandbox.endpoints().salesforce)
    }

    /// Status of the answer, and where it leads.
    async fn authorize(&self, changes: &[(&str, &str)]) -> (u16, Option<Url>, String) {
        let mut asked = vec![
            ("response_type", "code"),
            ("client_id", &self.sandbox.credentials().salesforce_client_id),
            ("redirect_uri", CALLBACK),
            ("state", "a b&c"),
        ];
        for (name, value) in changes {
            asked.retain(|(known, _)| known != name);
            asked.push((name, value));
        }
        let url = Url::parse_with_params(&self.url("authorize"), asked).unwrap();
        let reply = self.http.get(url).send().await.unwrap();
        let to = reply.headers().get("location").map(|to| Url::parse(to.to_str().unwrap()).unwrap());
        (reply.status().as_u16(), to, reply.text().await.unwrap())
    }

    /// A code for a request that must be granted.
    async fn code(&self, changes: &[(&str, &str)]) -> String {
        let (status, to, text) = self.authorize(changes).await;
        assert_eq!(status, 302, "{text}");
        member(&to.unwrap(), "code").unwrap()
    }

    async fn send(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let reply = self.http.post(self.url(path)).form(form).send().await.unwrap();
        let status = reply.status().as_u16();
        (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn token(&self, grant: &str, fields: &[(&str, &str)], changes: &[(&str, &str)]) -> (u16, Value) {
        let credentials = self.sandbox.credentials();
        let mut form = vec![
            ("grant_type", grant),
            ("client_id", &credentials.salesforce_client_id),
            ("client_secret", &credentials.salesforce_client_secret),
        ];
        form.extend(fields);
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        form.retain(|(_, value)| !value.is_empty());
        self.send("token", &form).await
    }

    async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
        self.token("authorization_code", &[("code", code), ("redirect_uri", CALLBACK)], changes).await
    }

    async fn refresh(&self, token: &str, changes: &[(&str, &str)]) -> (u16, Value) {
        self.token("refresh_token", &[("refresh_token", token)], changes).await
    }

    fn org(&self, reply: &Value) -> Org {
        let text = |name: &str| reply[name].as_str().unwrap().to_owned();
        Org { base: text("instance_url"), token: text("access_token"), id_url: text("id"), http: http() }
    }
}

fn member(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn refused(status: u16, error: &str, description: &str) -> (u16, Value) {
    (status, json!({ "error": error, "error_description": description }))
}

/// Issue time and signature of a reply, the latter made again from the secret.
fn signed(sandbox: &Sandbox, reply: &Value) {
    let issued = reply["issued_at"].as_str().unwrap();
    assert_eq!(issued.len(), 13, "milliseconds: {issued}");
    let mut mac = Hmac::<Sha256>::new_from_slice(sandbox.credentials().salesforce_client_secret.as_bytes()).unwrap();
    mac.update(format!("{}{issued}", reply["id"].as_str().unwrap()).as_bytes());
    assert_eq!(reply["signature"], STANDARD.encode(mac.finalize().into_bytes()));
}

#[tokio::test]
async fn a_code_becomes_a_session_that_is_renewed() {
    let sandbox = start().await;
    let app = App::of(&sandbox);
    let (status, to, _) = app.authorize(&[("scope", "api openid refresh_token"), ("nonce", "n-1")]).await;
    let to = to.unwrap();
    assert_eq!((status, to.as_str().starts_with("http://localhost:1717/callback?from=test&code=")), (302, true));
    assert_eq!(member(&to, "state").unwrap(), "a b&c");
    let (status, reply) = app.redeem(&member(&to, "code").unwrap(), &[]).await;
    assert_eq!((status, &reply["scope"]), (200, &json!("api openid refresh_token")), "{reply}");
    assert_eq!(reply["token_type"], "Bearer");
    signed(&sandbox, &reply);
    assert_eq!(app.org(&reply).call(Method::GET, "/limits", None).await.0, 200);

    let parts: Vec<&str> = reply["id_token"].as_str().unwrap().split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    assert_eq!((&claims["sub"], &claims["nonce"]), (&reply["id"], &json!("n-1")));
    assert_eq!(claims["aud"], sandbox.credentials().salesforce_client_id);

    let refresh = reply["refresh_token"].as_str().unwrap();
    let (status, renewed) = app.refresh(refresh, &[]).await;
    assert_eq!(status, 200, "{renewed}");
    signed(&sandbox, &renewed);
    assert_ne!(renewed["access_token"], reply["access_token"]);
    assert_eq!((renewed.get("refresh_token"), renewed.get("id_token")), (None, None));
    assert_eq!(app.org(&renewed).call(Method::GET, "/limits", None).await.0, 200);
    assert_eq!(app.refresh(refresh, &[("client_secret", "")]).await.0, 200, "the secret is optional");

    // Without the scope there is no id token.
    let (_, plain) = app.redeem(&app.code(&[]).await, &[]).await;
    assert_eq!((&plain["scope"], plain.get("id_token")), (&json!("api web id refresh_token"), None));
    assert!(plain["refresh_token"].is_string());
    sandbox.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_code_is_said() {
    let sandbox = start().await;
    let app = App::of(&sandbox);
    let expired = refused(400, "invalid_grant", "expired authorization code");
    let code = app.code(&[]).await;
    let bad_client = refused(401, "invalid_client", "invalid client credentials");
    assert_eq!(app.redeem(&code, &[("client_secret", "wrong")]).await, bad_client);
    assert_eq!(app.redeem(&code, &[("client_secret", "")]).await, bad_client);
    let unknown = refused(400, "invalid_client_id", "client identifier invalid");
    assert_eq!(app.redeem(&code, &[("client_id", "3MVGother")]).await, unknown);
    assert_eq!(app.redeem(&code, &[]).await.0, 200, "a stranger does not use the code up");
    assert_eq!(app.redeem(&code, &[]).await, expired, "only once");
    assert_eq!(app.redeem("nothing", &[]).await, expired);

    let code = app.code(&[]).await;
    let elsewhere = app.redeem(&code, &[("redirect_uri", "http://localhost:1717/other")]).await;
    assert_eq!(elsewhere, refused(400, "invalid_grant", "redirect uri does not match configuration"));
    assert_eq!(app.redeem(&code, &[]).await, expired, "the attempt used it up");

    let code = app.code(&[]).await;
    sandbox.world().advance_clock(Duration::from_secs(15 * 60)).unwrap();
    assert_eq!(app.redeem(&code, &[]).await, expired);
    let (status, body) = app.token("password", &[("username", "x"), ("password", "y")], &[]).await;
    assert_eq!((status, body), refused(400, "unsupported_grant_type", "grant type not supported"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_challenge_wants_its_verifier() {
    let sandbox = start().await;
    let app = App::of(&sandbox);
    // The pair of RFC 7636, appendix B.
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)), challenge);
    let with = [("code_challenge", challenge), ("code_challenge_method", "S256")];
    let (status, reply) = app.redeem(&app.code(&with).await, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(status, 200, "{reply}");
    let wrong = refused(400, "invalid_grant", "invalid code verifier");
    assert_eq!(app.redeem(&app.code(&with).await, &[("code_verifier", &VERIFIER.to_lowercase())]).await, wrong);
    assert_eq!(app.redeem(&app.code(&with).await, &[]).await, wrong);
    assert_eq!(app.redeem(&app.code(&[]).await, &[("code_verifier", VERIFIER)]).await, wrong);
    for changes in [
        [("code_challenge", challenge), ("code_challenge_method", "plain")],
        [("code_challenge", "short"), ("code_challenge_method", "S256")],
    ] {
        let (status, to, _) = app.authorize(&changes).await;
        let to = to.unwrap();
        assert_eq!((status, member(&to, "error").unwrap().as_str()), (302, "invalid_request"));
        assert_eq!((member(&to, "code"), member(&to, "state").unwrap().as_str()), (None, "a b&c"));
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_the_app_does_not_have() {
    let sandbox = start().await;
    let app = App::of(&sandbox);
    for address in [
        "https://evil.example/",
        "http://localhost@evil.example/",
        "http://localhost.evil.example/",
        "javascript:1",
        "/x",
        "",
    ] {
        let (status, to, text) = app.authorize(&[("redirect_uri", address)]).await;
        assert_eq!((status, to), (400, None), "{address}");
        assert!(text.contains("redirect_uri_mismatch"));
    }
    let (status, to, text) = app.authorize(&[("client_id", "3MVGother")]).await;
    assert_eq!((status, to), (400, None));
    assert!(text.contains("invalid_client_id"));
    for (name, value, error) in
        [("response_type", "token", "unsupported_response_type"), ("scope", "api everything", "invalid_scope")]
    {
        let (_, to, _) = app.authorize(&[(name, value)]).await;
        assert_eq!(member(&to.unwrap(), "error").unwrap(), error);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_refresh_token_outlives_restarts_and_time_until_it_is_revoked() {
    let folder = std::env::temp_dir().join(format!("sandbox-refresh-{}", std::process::id()));
    let config = || Config { data_dir: Some(folder.clone()), ..Config::default() };
    let sandbox = sandbox::start(config()).await.unwrap();
    let app = App::of(&sandbox);
    let (_, reply) = app.redeem(&app.code(&[]).await, &[]).await;
    let refresh = reply["refresh_token"].as_str().unwrap().to_owned();
    sandbox.stop().await;

    let sandbox = sandbox::start(config()).await.unwrap();
    let app = App::of(&sandbox);
    sandbox.world().advance_clock(Duration::from_secs(90 * 86_400)).unwrap();
    sandbox.world().drop_sessions();
    let (status, renewed) = app.refresh(&refresh, &[]).await;
    assert_eq!(status, 200, "{renewed}");
    let session = app.org(&renewed);
    let (_, seen) = app.send("introspect", &[("token", &refresh)]).await;
    assert_eq!((&seen["active"], &seen["token_type"]), (&json!(true), &json!("refresh_token")));
    let (_, seen) = app.send("introspect", &[("token", &session.token)]).await;
    assert_eq!((&seen["active"], &seen["username"]), (&json!(true), &json!(sandbox.credentials().salesforce_username)));
    assert_eq!(seen["exp"].as_i64().unwrap() - seen["iat"].as_i64().unwrap(), 7_200);

    // Another app's token and a wrong secret are told from a token that is not good any more.
    let unknown = refused(400, "invalid_client_id", "client identifier invalid");
    assert_eq!(app.refresh(&refresh, &[("client_id", "3MVGother")]).await, unknown);
    assert_eq!(app.refresh(&refresh, &[("client_id", "")]).await, unknown);
    let bad_client = refused(401, "invalid_client", "invalid client credentials");
    assert_eq!(app.refresh(&refresh, &[("client_secret", "wrong")]).await, bad_client);

    let other = Org::sign_in(&sandbox).await;
    assert_eq!(app.send("revoke", &[("token", &refresh), ("token_type_hint", "id_token")]).await.0, 400);
    assert_eq!(app.send("revoke", &[("token", &refresh)]).await, (200, Value::Null));
    let gone = refused(400, "invalid_grant", "expired access/refresh token");
    assert_eq!(app.refresh(&refresh, &[]).await, gone);
    assert_eq!(session.call(Method::GET, "/limits", None).await.0, 401, "its sessions end with it");
    assert_eq!(other.call(Method::GET, "/limits", None).await.0, 200, "others do not");
    assert_eq!(app.send("introspect", &[("token", &refresh)]).await, (200, json!({ "active": false })));
    assert_eq!(app.send("revoke", &[("token", &refresh)]).await.1["error"], "invalid_token");
    sandbox.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_apps_own_credentials_and_an_assertion_give_no_refresh_token() {
    let sandbox = start().await;
    let app = App::of(&sandbox);
    let (status, own) = app.token("client_credentials", &[], &[]).await;
    assert_eq!((status, own.get("refresh_token")), (200, None));
    signed(&sandbox, &own);
    let bad_client = refused(401, "invalid_client", "invalid client credentials");
    assert_eq!(app.token("client_credentials", &[], &[("client_secret", "wrong")]).await, bad_client);
    assert_eq!(app.token("client_credentials", &[], &[("client_id", "")]).await, bad_client);
    let unknown = refused(400, "invalid_client_id", "client identifier invalid");
    assert_eq!(app.token("client_credentials", &[], &[("client_id", "x")]).await, unknown);
    let basic = app
        .http
        .post(app.url("token"))
        .basic_auth(&sandbox.credentials().salesforce_client_id, Some(&sandbox.credentials().salesforce_client_secret))
        .form(&[("grant_type", "client_credentials")]);
    assert_eq!(basic.send().await.unwrap().status(), 200);

    let reply = token_reply(&sandbox.endpoints().salesforce, &http(), &assertion(&sandbox, |_| ())).await;
    let reply: Value = reply.json().await.unwrap();
    let mut names: Vec<&String> = reply.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["access_token", "api_instance_url", "id", "instance_url", "scope", "token_type"]);
    sandbox.stop().await;
}
