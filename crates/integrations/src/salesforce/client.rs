use super::auth::{self, Session};
use super::config::Config;
use super::limits::Limits;
use super::rest_error::{self, RestError};
use super::soql::Soql;
use crate::error::{Provider, UpstreamErrorKind};
use crate::http::{Call, Http, Judgement, Reply};
use crate::renewable::Renewable;
use domain::orders::providers::salesforce::RawPage;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use url::form_urlencoded;

/// More pages than any of our queries has (2,000 rows each).
const MAX_PAGES: usize = 100;

/// Salesforce over REST. Cheap to clone; clones share connections and the session.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub config: Config,
    http: Http,
    session: Renewable<Session>,
    limits: Limits,
    /// `Pricebook2.Id` of the portal's price book.
    pub price_book_id: tokio::sync::OnceCell<String>,
}

/// An answer with a status below 300, or the errors of one above.
pub(super) enum Answer<T = Value> {
    Ok(T),
    Errors(StatusCode, Vec<RestError>),
}

impl<T> Answer<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Ok(value) => Answer::Ok(change(value)),
            Self::Errors(status, errors) => Answer::Errors(status, errors),
        }
    }
    pub fn value(self) -> Result<T, UpstreamErrorKind> {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Errors(status, errors) => Err(rest_error::kind(status, &errors)),
        }
    }
}

impl Client {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: Config) -> Result<Self, reqwest::Error> {
        let http = Http::new(Provider::Salesforce, config.timeout_ms, config.concurrency)?;
        let inner = Inner {
            config,
            http,
            session: Renewable::new(),
            limits: Limits::default(),
            price_book_id: tokio::sync::OnceCell::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// How the last minutes of calls by this process were.
    pub fn health(&self) -> crate::Health {
        self.inner.http.health()
    }

    pub(super) fn call_read(operation: &'static str) -> Call {
        Call::read(Provider::Salesforce, operation)
    }
    pub(super) fn call_write(operation: &'static str) -> Call {
        Call::write(Provider::Salesforce, operation)
    }

    /// The session, renewed when it still is the stale one.
    pub(super) async fn session(&self, stale: Option<&Arc<Session>>) -> Result<Arc<Session>, UpstreamErrorKind> {
        self.inner.session.get(stale, async || auth::sign_in(&self.inner.http, &self.inner.config).await).await
    }

    /// `/services/data/vXX.X` + path.
    pub(super) fn path(&self, path: &str) -> String {
        format!("/services/data/{}{path}", self.inner.config.api_version)
    }

    /// One request to a path from the root, with the answer as it is.
    ///
    /// # Errors
    /// As [`Client::request_read`].
    pub(super) async fn request(
        &self,
        call: Call,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, UpstreamErrorKind> {
        self.request_read(call, method, path, body, |reply| Ok(Answer::Ok(json(call, reply)?))).await
    }

    /// One request to a path from the root; `read` reads an answer with a status below 300, and finds errors that hide in
    /// one. An expired session (401) is renewed once and the request repeated: Salesforce
    /// looks at the session before anything else, so a write was not carried out.
    ///
    /// # Errors
    /// `Unavailable` (also when the daily calls are used up), `OutcomeUnknown`, `Denied`, `Garbled`. Other refusals are
    /// [`Answer::Errors`].
    pub(super) async fn request_read<T>(
        &self,
        call: Call,
        method: Method,
        path: &str,
        body: Option<&Value>,
        read: impl Fn(&Reply) -> Result<Answer<T>, UpstreamErrorKind>,
    ) -> Result<Answer<T>, UpstreamErrorKind> {
        let session = self.session(None).await?;
        let first = self.request_as(call, &session, &method, path, body, &read).await?;
        if !matches!(first, Answer::Errors(StatusCode::UNAUTHORIZED, _)) {
            return Ok(first);
        }
        tracing::debug!(operation = call.operation, "Salesforce session expired");
        let session = self.session(Some(&session)).await?;
        self.request_as(call, &session, &method, path, body, &read).await
    }

    async fn request_as<T>(
        &self,
        call: Call,
        session: &Session,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        read: &impl Fn(&Reply) -> Result<Answer<T>, UpstreamErrorKind>,
    ) -> Result<Answer<T>, UpstreamErrorKind> {
        let mut request = self
            .inner
            .http
            .client()
            .request(method.clone(), format!("{}{path}", session.instance_url))
            .bearer_auth(session.token.expose_secret())
            .header(reqwest::header::ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.json(body);
        }
        self.inner
            .http
            .call(call, request, |reply| {
                self.inner.limits.watch(&reply.headers);
                judge(call, &reply, read)
            })
            .await
    }

    /// All rows of a query.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        call: Call,
        query: &Soql,
    ) -> Result<Vec<T>, UpstreamErrorKind> {
        let encoded: String = form_urlencoded::byte_serialize(query.as_str().as_bytes()).collect();
        let first = self.page(call, &self.path(&format!("/query?q={encoded}"))).await?;
        self.rest_of_pages(call, first).await
    }

    async fn page<T: DeserializeOwned>(&self, call: Call, path: &str) -> Result<RawPage<T>, UpstreamErrorKind> {
        let read = |reply: &Reply| Ok(Answer::Ok(reply.parse(call)?));
        self.request_read(call, Method::GET, path, None, read).await?.value()
    }

    /// The rows of a page and of all that follow it.
    pub(super) async fn rest_of_pages<T: DeserializeOwned>(
        &self,
        call: Call,
        first: RawPage<T>,
    ) -> Result<Vec<T>, UpstreamErrorKind> {
        let mut rows = first.records;
        let (mut done, mut next) = (first.done, first.next_records_url);
        for _ in 0..MAX_PAGES {
            if done {
                return Ok(rows);
            }
            let path = next
                // The session's token goes where this points, so it must stay on the instance.
                .filter(|path| path.starts_with("/services/data/"))
                .ok_or_else(|| UpstreamErrorKind::garbled("nextRecordsUrl is missing or leads elsewhere"))?;
            let more = self.page(call, &path).await?;
            rows.extend(more.records);
            (done, next) = (more.done, more.next_records_url);
        }
        Err(UpstreamErrorKind::garbled("the query does not end"))
    }
}

/// An answer, or errors that the caller looks at. Errors that only say "not now" end here, so that reads are repeated and the
/// breaker learns.
fn judge<T>(
    call: Call,
    reply: &Reply,
    read: &impl Fn(&Reply) -> Result<Answer<T>, UpstreamErrorKind>,
) -> Judgement<Answer<T>> {
    let answer = if reply.status.is_success() {
        read(reply)?
    } else {
        let json = serde_json::from_slice::<Value>(&reply.body);
        let errors = json.map(|json| rest_error::errors(&json)).unwrap_or_default();
        if !rest_error::says_not_now(&errors) {
            reply.served(call)?;
        }
        let silent = [StatusCode::UNAUTHORIZED, StatusCode::NOT_MODIFIED, StatusCode::MULTIPLE_CHOICES];
        if errors.is_empty() && !silent.contains(&reply.status) {
            // Not Salesforce's own words: a proxy, or an address that is wrong.
            let (status, operation) = (reply.status.as_u16(), call.operation);
            tracing::warn!(status, operation, "error without a Salesforce error array");
        }
        Answer::Errors(reply.status, errors)
    };
    let Answer::Errors(status, errors) = &answer else { return Ok((answer, "ok")) };
    let outcome = match (*status, rest_error::kind(*status, errors)) {
        (StatusCode::UNAUTHORIZED, _) => "session_expired",
        // Salesforce works, one record is busy or our allowance is used up: nothing for the breaker.
        _ if rest_error::is_locked(errors) => "row_locked",
        _ if rest_error::is_over_limit(errors) => "limit_exceeded",
        (_, UpstreamErrorKind::Unavailable { retry_after }) => {
            return Err(UpstreamErrorKind::Unavailable { retry_after: retry_after.or_else(|| reply.retry_after()) });
        }
        (_, kind) => kind.name(),
    };
    Ok((answer, outcome))
}

/// PATCH and DELETE answer 204 without a body.
pub(super) fn json(call: Call, reply: &Reply) -> Result<Value, UpstreamErrorKind> {
    if reply.body.is_empty() { Ok(Value::Null) } else { reply.json(call) }
}
