//! Who may use the console: a browser or a test on this machine, on the console's own page.

use std::net::IpAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

/// A request that the console does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(&'static str);

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::Forbidden().content_type("text/plain; charset=utf-8").body(self.0)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A name that is not loopback means DNS rebinding or a page served to other machines.
pub(super) fn local(request: &HttpRequest) -> Result<(), Refused> {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_loopback(host_of(host)) { Ok(()) } else { Err(Refused("the console is for this machine only")) }
}

/// A change: local, and not sent by another site's page.
pub(super) fn change(request: &HttpRequest) -> Result<(), Refused> {
    local(request)?;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let cross = Refused("changes come from the console's own page only");
    if header("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(cross);
    }
    match header("origin") {
        Some(origin) if origin.split_once("://").map(|(_, authority)| authority) != header("host") => Err(cross),
        _ => Ok(()),
    }
}

/// What a page may load and where it may send forms: only to the console itself. Nothing inline, no frames.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Stands before every page and form, so that none can forget to look: reading is for this machine, a form for the
/// console's own pages. Answers carry the headers of a page that holds customers' data.
pub(super) async fn pages(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if reading { local(request.request()) } else { change(request.request()) }?;
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: with it browsers send `Origin: null` with a form.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key("cache-control") {
        headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn request(pairs: &[(&'static str, &'static str)]) -> HttpRequest {
        pairs.iter().fold(TestRequest::default(), |request, pair| request.insert_header(*pair)).to_http_request()
    }

    #[test]
    fn only_loopback_names_are_served() {
        for host in ["localhost:8090", "127.0.0.1:8090", "[::1]:8090", "localhost"] {
            assert!(local(&request(&[("host", host)])).is_ok(), "{host}");
        }
        for host in ["evil.example:8090", "192.0.2.1", "localhost.evil.example", ""] {
            assert!(local(&request(&[("host", host)])).is_err(), "{host}");
        }
    }

    #[test]
    fn another_sites_page_changes_nothing() {
        let host = ("host", "localhost:8090");
        assert!(change(&request(&[host])).is_ok());
        assert!(
            change(&request(&[host, ("origin", "http://localhost:8090"), ("sec-fetch-site", "same-origin")])).is_ok()
        );
        assert!(change(&request(&[host, ("origin", "http://localhost:8080")])).is_err());
        assert!(change(&request(&[host, ("origin", "null")])).is_err());
        assert!(change(&request(&[host, ("sec-fetch-site", "cross-site")])).is_err());
    }
}
