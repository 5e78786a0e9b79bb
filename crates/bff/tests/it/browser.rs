//! A browser as far as the API sees one: origin, cookie, access token.

use crate::mailbox;
use domain::auth::TokenReply;
use domain::{ErrorCode, Problem};
use platform::Db;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    pub url: String,
    pub token: Option<String>,
    pub cookie: Option<String>,
    /// The outbox of the portal, as far as no worker has sent it: this person reads their mails.
    db: Db,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The problem, after checking what all of them must have.
    #[track_caller]
    pub fn problem(&self, code: ErrorCode) -> Problem {
        let problem: Problem = self.json();
        assert_eq!(problem.code, code, "{}", self.body);
        assert_eq!(self.status.as_u16(), code.status());
        assert_eq!(problem.status, code.status());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem.request_id, self.header("x-request-id"), "one reference in body and header");
        assert!(!problem.request_id.is_empty());
        assert!(problem.instance.as_deref().is_some_and(|path| path.starts_with('/') && !path.contains('?')));
        assert_eq!(problem.retry_after.map(|s| s.to_string()).unwrap_or_default(), self.header("retry-after"));
        problem
    }

    /// The refresh cookie that was set, as the browser would send it.
    pub fn set_cookie(&self) -> Option<String> {
        let set = self.header("set-cookie");
        let pair = set.split(';').next()?;
        pair.split_once('=').filter(|(_, value)| !value.is_empty()).map(|_| pair.to_owned())
    }
}

impl Browser {
    pub fn new(url: &str, db: Db) -> Self {
        let client = reqwest::Client::builder()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { client, url: url.to_owned(), token: None, cookie: None, db }
    }

    /// A request with what a browser adds by itself.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let safe = method.is_safe();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !safe {
            request = request.header("origin", &self.url).header("x-portal-client", "web");
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        request
    }

    pub async fn send(request: reqwest::RequestBuilder) -> Answer {
        let reply = request.send().await.unwrap();
        Answer { status: reply.status(), headers: reply.headers().clone(), body: reply.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }

    /// `POST /api/orders` with a key.
    pub async fn order(&self, key: &str, order: &impl serde::Serialize) -> Answer {
        Self::send(self.request(Method::POST, "/api/orders").header("idempotency-key", key).json(order)).await
    }

    /// `POST` from an address, where the proxy's word is believed.
    pub async fn post_from(&self, address: &str, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).header("x-forwarded-for", address).json(body)).await
    }

    /// Tries to sign in.
    pub async fn try_login(&self, email: &str, password: &str) -> Answer {
        self.post("/api/auth/login", &json!({ "email": email, "password": password })).await
    }

    /// Keeps the tokens of an answer that signs in.
    pub fn keep(&mut self, answer: &Answer) -> TokenReply {
        let reply: TokenReply = answer.json();
        self.token = Some(reply.access_token.clone());
        self.cookie = answer.set_cookie();
        reply
    }

    /// Signs up and opens the link of the mail.
    pub async fn register(&mut self, email: &str) -> TokenReply {
        let answer = self.post("/api/auth/register", &registration(email)).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        let token = mailbox::link(&self.db, &email.to_lowercase(), "confirm_sign_up").await;
        self.follow("/api/auth/register/confirm", &json!({ "token": token })).await
    }

    /// Sends what a link and its page say, and is signed in afterwards.
    pub async fn follow(&mut self, path: &str, body: &Value) -> TokenReply {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.keep(&answer)
    }

    pub async fn login(&mut self, email: &str, password: &str) -> TokenReply {
        let answer = self.post("/api/auth/login", &json!({ "email": email, "password": password })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.keep(&answer)
    }

    /// Refreshes with the cookie at hand, without keeping what comes.
    pub async fn refresh(&self) -> Answer {
        Self::send(self.request(Method::POST, "/api/auth/refresh")).await
    }

    pub async fn refresh_and_keep(&mut self) -> TokenReply {
        let answer = self.refresh().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.keep(&answer)
    }
}

pub fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": crate::harness::PASSWORD, "family_name": "Yamaneko", "given_name": "Hanako",
        "phone": "03-0000-0042",
        "address": { "postcode": "1000001", "prefecture": "Tokyo", "city": "Chiyoda", "line1": "4-2", "line2": "" },
        "terms_accepted": true, "language": "ja"
    })
}
