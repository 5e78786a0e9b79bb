//! Writes come from our own pages: defence against cross-site request forgery (OWASP: Fetch Metadata with an Origin
//! fallback, and a header that a form of another site cannot set).

use crate::config::Config;
use crate::error::{ApiError, ApiResult};
use crate::state::Ctx;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use domain::ErrorCode;
use domain::common::paths;

/// Refuses unsafe methods that may come from another site.
pub(crate) async fn same_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    // Other systems sign what they send; there is no browser whose session could be misused.
    if !request.method().is_safe() && request.path() != paths::WHMCS_WEBHOOK {
        let refused = match request.app_data::<Ctx>() {
            Some(ctx) => check(request.headers(), &ctx.config).err(),
            None => Some(ApiError::new(ErrorCode::Internal)),
        };
        if let Some(error) = refused {
            return Ok(request.error_response(error));
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn check(headers: &HeaderMap, config: &Config) -> ApiResult<()> {
    let refuse = |why: &'static str| Err(ApiError::new(ErrorCode::OriginRefused).detail(why));
    if headers.get(paths::CLIENT_HEADER).is_none_or(|v| v.is_empty()) {
        return refuse("The X-Portal-Client header is missing.");
    }
    let site = headers.get("Sec-Fetch-Site").map(|v| v.as_bytes() == b"same-origin");
    let origin = headers.get(header::ORIGIN).map(|_| allowed_origin(headers, config));
    match (site, origin) {
        (Some(false), _) | (_, Some(false)) => refuse("Use the portal's own pages."),
        (None, None) => refuse("Neither Sec-Fetch-Site nor Origin says where the request comes from."),
        (Some(true), _) | (None, Some(true)) => Ok(()),
    }
}

/// Whether the `Origin` header names one of ours.
pub(crate) fn allowed_origin(headers: &HeaderMap, config: &Config) -> bool {
    headers
        .get(header::ORIGIN)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|origin| config.allowed_origins.iter().any(|allowed| allowed == origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn verdict(headers: &[(&'static str, &'static str)]) -> bool {
        let config = Config::new("https://portal.example".parse().unwrap(), "k".into(), "k".into());
        let map = headers
            .iter()
            .map(|(n, v)| (HeaderName::from_bytes(n.as_bytes()).unwrap(), HeaderValue::from_static(v)))
            .collect();
        check(&map, &config).is_ok()
    }

    #[test]
    fn only_our_own_pages_may_write() {
        let client = ("x-portal-client", "web");
        let ours = ("origin", "https://portal.example");
        assert!(verdict(&[client, ours]));
        assert!(verdict(&[client, ("sec-fetch-site", "same-origin")]));
        assert!(verdict(&[client, ours, ("sec-fetch-site", "same-origin")]));
        assert!(!verdict(&[ours]), "a plain form cannot set the client header");
        assert!(!verdict(&[client]), "nothing says where it comes from");
        assert!(!verdict(&[client, ours, ("sec-fetch-site", "same-site")]));
        assert!(!verdict(&[client, ("sec-fetch-site", "none")]));
        for other in ["null", "https://portal.example.evil.test", "http://portal.example", "https://portal.example:444"]
        {
            assert!(!verdict(&[client, ("origin", other)]), "{other}");
            assert!(!verdict(&[client, ("origin", other), ("sec-fetch-site", "same-origin")]), "{other}");
        }
    }
}
