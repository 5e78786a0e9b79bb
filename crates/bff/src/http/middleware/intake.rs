//! What a request says of its body, looked at before the body is.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::BODY_LIMIT;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use domain::ErrorCode;

/// Refuses bodies that are too large by their own word, and those that would grow when they are unpacked.
pub(crate) async fn intake(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    check(request.headers())?;
    next.call(request).await
}

fn check(headers: &HeaderMap) -> ApiResult<()> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if length.is_some_and(|bytes| usize::try_from(bytes).is_ok_and(|bytes| bytes > BODY_LIMIT)) {
        return Err(ApiError::new(ErrorCode::TooLarge));
    }
    // A few bytes may unpack to as many gigabytes. Nobody needs to send compressed what is at most 64 KiB.
    let packed = |v: &HeaderValue| !v.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).any(packed) {
        // RFC 9110 section 12.5.3: the answer says what would be taken.
        return Err(ApiError::new(ErrorCode::MediaTypeUnsupported)
            .detail("Send the body without Content-Encoding.")
            .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderName;

    fn verdict(name: &'static str, value: &'static str) -> Option<ErrorCode> {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        check(&headers).err().map(|error| error.code())
    }

    #[test]
    fn large_and_packed_bodies_are_refused_unread() {
        assert_eq!(verdict("content-length", "65536"), None);
        assert_eq!(verdict("content-length", "65537"), Some(ErrorCode::TooLarge));
        assert_eq!(verdict("content-length", "104857600"), Some(ErrorCode::TooLarge));
        assert_eq!(verdict("content-encoding", "identity"), None);
        for packed in ["gzip", "br", "deflate", "zstd", "gzip, identity", "GZIP"] {
            assert_eq!(verdict("content-encoding", packed), Some(ErrorCode::MediaTypeUnsupported), "{packed}");
        }
    }
}
