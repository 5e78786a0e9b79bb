use super::config::Config;
use crate::error::{Provider, UpstreamErrorKind};
use crate::http::{Call, Effect, Http, Reply};
use domain::common::map_error::MapError;
use domain::subscriptions::providers::whmcs::wire;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use url::form_urlencoded;

/// Rows asked for at a time.
pub(super) const PAGE: u64 = 100;
/// More pages than any customer has; a list that does not end is broken.
pub(super) const MAX_PAGES: usize = 200;

/// WHMCS. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub config: Config,
    endpoint: String,
    http: Http,
    /// Custom field id of the phone number by product id. The definition of a product hardly ever changes.
    pub number_fields: Mutex<HashMap<u64, u64>>,
}

/// Form fields of one call.
pub(super) type Fields = Vec<(String, String)>;

impl Client {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: Config) -> Result<Self, reqwest::Error> {
        let http = Http::new(Provider::Whmcs, config.timeout_ms, config.concurrency)?;
        let endpoint = format!("{}/includes/api.php", config.base_url.as_str().trim_end_matches('/'));
        Ok(Self { inner: Arc::new(Inner { config, endpoint, http, number_fields: Mutex::default() }) })
    }

    /// How the last minutes of calls by this process were.
    pub fn health(&self) -> crate::Health {
        self.inner.http.health()
    }

    /// One action. `Ok` is an answer with `result` = `success`.
    pub(super) async fn act(&self, call: Call, fields: &[(String, String)]) -> Result<Value, UpstreamErrorKind> {
        let request = self.request(call, fields);
        self.inner.http.call(call, request, |reply| Ok((understand(call, &reply)?, "ok"))).await
    }

    /// The same for mappers that read the reply themselves.
    pub(super) async fn act_for_bytes(
        &self,
        call: Call,
        fields: &[(String, String)],
    ) -> Result<Vec<u8>, UpstreamErrorKind> {
        let judge = |reply: Reply| understand(call, &reply).map(|_| (reply.body, "ok"));
        self.inner.http.call(call, self.request(call, fields), judge).await
    }

    fn request(&self, call: Call, fields: &[(String, String)]) -> RequestBuilder {
        let config = &self.inner.config;
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("action", call.operation)
            .append_pair("identifier", config.identifier.expose_secret())
            .append_pair("secret", config.secret.expose_secret())
            .append_pair("responsetype", "json")
            .extend_pairs(fields)
            .finish();
        self.inner
            .http
            .client()
            .post(&self.inner.endpoint)
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }

    /// All pages of a list, each handed to `read`.
    pub(super) async fn pages<T>(
        &self,
        call: Call,
        fields: &[(String, String)],
        (outer, inner): (&str, &str),
        mut read: impl FnMut(&Value) -> Result<Vec<T>, MapError>,
    ) -> Result<Vec<T>, UpstreamErrorKind> {
        let mut all = Vec::new();
        let mut start = 0;
        for _ in 0..MAX_PAGES {
            let mut fields = fields.to_vec();
            fields.push(("limitstart".to_owned(), start.to_string()));
            fields.push(("limitnum".to_owned(), PAGE.to_string()));
            let reply = self.act(call, &fields).await?;
            let rows = wire::rows(&reply, "WHMCS list", outer, inner)?.len() as u64;
            all.extend(read(&reply)?);
            // `numreturned` counts what was left out by filters of add-ons too; the rows count where it is missing.
            let returned = reply.get("numreturned").and_then(wire::number).unwrap_or(rows).max(rows);
            start += returned;
            let total = reply.get("totalresults").and_then(wire::number);
            if returned == 0 || total.is_some_and(|total| start >= total) {
                return Ok(all);
            }
        }
        Err(UpstreamErrorKind::garbled("the list does not end"))
    }
}

/// What a success means that names nothing that was made: with a warning it is a soft failure, without one nobody knows.
pub(super) fn not_made(reason: wire::NotMade) -> UpstreamErrorKind {
    match reason {
        wire::NotMade::Warned(warning) => UpstreamErrorKind::refused(&warning),
        wire::NotMade::Silent => UpstreamErrorKind::OutcomeUnknown,
    }
}

/// A form field.
pub(super) fn field(name: impl Into<String>, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}

/// The body decides, the status only where there is no readable body.
fn understand(call: Call, reply: &Reply) -> Result<Value, UpstreamErrorKind> {
    reply.served(call)?;
    let json = match reply.json(call) {
        Ok(json) => json,
        Err(_) if reply.status == StatusCode::FORBIDDEN => return Err(UpstreamErrorKind::Denied),
        Err(kind) => return Err(early_failure(&reply.body).unwrap_or(kind)),
    };
    // A few old actions say `status` in place of `result`; others have a `status` of their own beside `result`.
    let word = |member| json.get(member).and_then(Value::as_str).map(str::trim).filter(|word| !word.is_empty());
    let verdict = word("result").or_else(|| word("status")).unwrap_or_default();
    if verdict.eq_ignore_ascii_case("success") && reply.status.is_success() {
        return Ok(json);
    }
    if verdict.eq_ignore_ascii_case("error") {
        return Err(refusal(&wire::text(&json, "message"), reply.status));
    }
    if reply.status == StatusCode::FORBIDDEN {
        return Err(UpstreamErrorKind::Denied);
    }
    Err(match call.effect {
        Effect::Read => UpstreamErrorKind::garbled("result is neither success nor error"),
        Effect::Write => UpstreamErrorKind::OutcomeUnknown,
    })
}

/// Failures before the response type is known answer in the old form `result=error;message=…`.
fn early_failure(body: &[u8]) -> Option<UpstreamErrorKind> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let rest = text.strip_prefix("result=error")?;
    let message = rest.split_once("message=").map_or("", |(_, message)| message);
    Some(refusal(message.trim_end_matches(';'), StatusCode::OK))
}

/// There are no error codes; the texts are matched narrowly.
fn refusal(message: &str, status: StatusCode) -> UpstreamErrorKind {
    let lower = message.trim().to_lowercase();
    let about_us =
        ["authentication failed", "invalid or missing credentials", "invalid permissions", "invalid ip", "ip banned"];
    if status == StatusCode::FORBIDDEN || about_us.iter().any(|t| lower.starts_with(t)) {
        UpstreamErrorKind::Denied
    } else if lower.trim_end_matches('.').ends_with("not found") {
        UpstreamErrorKind::NotFound
    } else {
        UpstreamErrorKind::refused(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn judge(effect: Effect, status: u16, body: &str) -> Result<Value, UpstreamErrorKind> {
        let call = Call { effect, ..Call::read(Provider::Whmcs, "Test") };
        let status = StatusCode::from_u16(status).unwrap();
        understand(call, &Reply { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn the_body_decides() {
        assert!(judge(Effect::Read, 200, r#"{"result":"success","totalresults":0}"#).is_ok());
        assert_eq!(
            judge(Effect::Read, 200, r#"{"result":"error","message":"Client Not Found"}"#),
            Err(UpstreamErrorKind::NotFound)
        );
        assert_eq!(
            judge(Effect::Read, 200, r#"{"status":"error","message":"x"}"#),
            Err(UpstreamErrorKind::refused("x"))
        );
        assert!(matches!(
            judge(Effect::Write, 200, r#"{"result":"error","message":"Order ID not found or Status not Pending"}"#),
            Err(UpstreamErrorKind::Refused { .. })
        ));
        for (status, body) in [
            (403, r#"{"result":"error","message":"Invalid IP 203.0.113.7"}"#),
            (403, "<html>blocked</html>"),
            (200, r#"{"result":"error","message":"Authentication Failed"}"#),
            (200, "result=error;message=Invalid or missing credentials"),
        ] {
            assert_eq!(judge(Effect::Write, status, body), Err(UpstreamErrorKind::Denied), "{body}");
        }
    }

    #[test]
    fn a_maintenance_page_is_never_an_empty_list() {
        let page = "<!DOCTYPE html><html><body>Down for maintenance</body></html>";
        assert_eq!(judge(Effect::Read, 200, page), Err(UpstreamErrorKind::unavailable()));
        assert_eq!(judge(Effect::Write, 200, page), Err(UpstreamErrorKind::OutcomeUnknown));
        for cut in [r#"{"result":"succ"#, r#"{"result":"success","name":"Sato"#] {
            assert_eq!(judge(Effect::Read, 200, cut), Err(UpstreamErrorKind::unavailable()), "cut, not garbled");
        }
        let body = "{\"name\":\"佐".as_bytes();
        let call = Call::read(Provider::Whmcs, "Test");
        let reply = Reply { status: StatusCode::OK, headers: HeaderMap::new(), body: body[..body.len() - 1].to_vec() };
        assert_eq!(understand(call, &reply), Err(UpstreamErrorKind::unavailable()), "cut inside a character");
        assert!(matches!(judge(Effect::Read, 200, "oops"), Err(UpstreamErrorKind::Garbled { .. })));
        assert!(matches!(judge(Effect::Read, 200, "{}"), Err(UpstreamErrorKind::Garbled { .. })));
        assert_eq!(judge(Effect::Write, 200, r#"{"result":"succ"#), Err(UpstreamErrorKind::OutcomeUnknown));
    }
}
