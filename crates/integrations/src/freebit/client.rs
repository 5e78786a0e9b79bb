use super::config::Config;
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::{Call, Effect, Http, Judgement, Reply};
use crate::renewable::Renewable;
use domain::sim::providers::freebit as mapper;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::form_urlencoded;

/// Wait before a line that has an order open is tried again.
const LINE_BUSY: Duration = Duration::from_secs(60);

/// Freebit. Cheap to clone; clones share connections and the authentication key.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub config: Config,
    base: String,
    http: Http,
    key: Renewable<SecretString>,
}

impl Client {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: Config) -> Result<Self, reqwest::Error> {
        let http = Http::new(Provider::Freebit, config.timeout_ms, config.concurrency)?;
        let base = config.base_url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { inner: Arc::new(Inner { config, base, http, key: Renewable::new() }) })
    }

    /// How the last minutes of calls by this process were.
    pub fn health(&self) -> crate::Health {
        self.inner.http.health()
    }

    /// Sends a document with our key; a key that has expired (210-2) is renewed once. The refused call was not carried out,
    /// so sending it again is safe for writes too.
    pub(super) async fn send(&self, call: Call, document: Value) -> Result<Value, UpstreamError> {
        let key = self.key(None).await.map_err(|kind| call.error(kind))?;
        match self.post(call, &document, Some(&key)).await {
            Ok((reply, Code::Expired)) => {
                tracing::debug!(operation = call.operation, code = ?mapper::result_code(&reply), "freebit key expired");
            }
            Ok((reply, code)) => return conclude(call, reply, code),
            Err(kind) => return Err(call.error(kind)),
        }
        let key = self.key(Some(&key)).await.map_err(|kind| call.error(kind))?;
        let (reply, code) = self.post(call, &document, Some(&key)).await.map_err(|kind| call.error(kind))?;
        conclude(call, reply, code)
    }

    async fn key(&self, stale: Option<&Arc<SecretString>>) -> Result<Arc<SecretString>, UpstreamErrorKind> {
        self.inner
            .key
            .get(stale, async || {
                let call = Call::read(Provider::Freebit, "authOem");
                let config = &self.inner.config;
                let document = json!({ "oemId": config.oem_id, "oemKey": config.oem_key.expose_secret() });
                let (reply, code) = self.post(call, &document, None).await?;
                if code != Code::Ok {
                    return Err(code.kind(call));
                }
                match reply.get("authKey").and_then(Value::as_str).filter(|k| !k.is_empty()) {
                    Some(key) => Ok(SecretString::from(key)),
                    None => Err(UpstreamErrorKind::garbled("authKey is missing")),
                }
            })
            .await
    }

    /// One POST. The HTTP status says nothing (200 also for failures); a status that is not 2xx comes from a proxy.
    async fn post(
        &self,
        call: Call,
        document: &Value,
        key: Option<&SecretString>,
    ) -> Result<(Value, Code), UpstreamErrorKind> {
        let mut document = document.clone();
        if let (Some(key), Some(members)) = (key, document.as_object_mut()) {
            members.insert("authKey".to_owned(), json!(key.expose_secret()));
        }
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("json", &document.to_string()).finish();
        let request = self
            .inner
            .http
            .client()
            .post(format!("{}/{}/", self.inner.base, call.operation))
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.inner.http.call(call, request, |reply| judge(call, &reply)).await
    }
}

/// Reads code and body. The codes that say "no answer" count as none, so that reads are repeated and the breaker learns.
fn judge(call: Call, reply: &Reply) -> Judgement<(Value, Code)> {
    reply.served(call)?;
    if !reply.status.is_success() {
        return Err(call.no_answer());
    }
    let json = reply.json(call)?;
    let (result, status) = mapper::result_code(&json).map_err(|error| match call.effect {
        Effect::Read => error.into(),
        Effect::Write => UpstreamErrorKind::OutcomeUnknown,
    })?;
    match Code::from_numbers(result, status) {
        code @ (Code::Failed | Code::Closed) => Err(code.kind(call)),
        code => Ok(((json, code), code.name())),
    }
}

fn conclude(call: Call, reply: Value, code: Code) -> Result<Value, UpstreamError> {
    match code {
        Code::Ok => Ok(reply),
        code => Err(call.error(code.kind(call))),
    }
}

/// `resultCode`-`statusCode` as far as they differ for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Ok,
    /// 210-2
    Expired,
    /// 210-1
    WrongKey,
    /// 400-301
    UnknownAccount,
    /// 400-303
    Busy,
    /// 500: it may or may not have been carried out.
    Failed,
    /// 503: maintenance, nothing was taken.
    Closed,
    /// Any other: understood and rejected.
    Rejected(u32, u32),
}

impl Code {
    const fn from_numbers(result: u32, status: u32) -> Self {
        match (result, status) {
            (100, _) => Self::Ok,
            (210, 2) => Self::Expired,
            (210, _) => Self::WrongKey,
            (400, 301) => Self::UnknownAccount,
            (400, 303) => Self::Busy,
            (500, _) => Self::Failed,
            (503, _) => Self::Closed,
            (result, status) => Self::Rejected(result, status),
        }
    }

    /// The form in metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Expired => "key_expired",
            Self::WrongKey => "denied",
            Self::UnknownAccount => "not_found",
            Self::Busy => "line_busy",
            Self::Failed | Self::Closed => "unavailable",
            Self::Rejected(..) => "refused",
        }
    }

    fn kind(self, call: Call) -> UpstreamErrorKind {
        match self {
            // A key that is refused right after it was given.
            Self::Ok | Self::Expired | Self::WrongKey => UpstreamErrorKind::Denied,
            Self::UnknownAccount => UpstreamErrorKind::NotFound,
            Self::Busy => UpstreamErrorKind::Unavailable { retry_after: Some(LINE_BUSY) },
            Self::Closed => UpstreamErrorKind::unavailable(),
            Self::Failed => call.no_answer(),
            // Their message may name the line; the code says enough.
            Self::Rejected(result, status) => UpstreamErrorKind::Refused { reason: format!("{result}-{status}") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_leaves_the_outcome_of_a_write_open() {
        let (read, write) = (Call::read(Provider::Freebit, "r"), Call::write(Provider::Freebit, "w"));
        assert_eq!(Code::from_numbers(500, 1).kind(write), UpstreamErrorKind::OutcomeUnknown);
        assert_eq!(Code::from_numbers(500, 1).kind(read), UpstreamErrorKind::unavailable());
        assert_eq!(Code::from_numbers(503, 1).kind(write), UpstreamErrorKind::unavailable());
        assert_eq!(Code::from_numbers(400, 301).kind(write), UpstreamErrorKind::NotFound);
        assert_eq!(
            Code::from_numbers(400, 306).kind(write),
            UpstreamErrorKind::Refused { reason: "400-306".to_owned() }
        );
        assert_eq!(Code::from_numbers(210, 1).kind(read), UpstreamErrorKind::Denied);
    }
}
