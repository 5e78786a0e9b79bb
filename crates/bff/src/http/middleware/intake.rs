//! What a request says of its body, looked at before the body is; and that what is left of a body ends with the answer.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::BODY_LIMIT;
use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use domain::ErrorCode;
use futures_util::Stream;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Refuses bodies that are too large by their own word, and those that would grow when they are unpacked.
///
/// The server would go on reading a body in pieces that nobody wants any more, however long it is. It closes the
/// connection instead when the body is still held while the answer is sent, so that is where this layer puts it.
pub(crate) async fn intake(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    let body = Rc::new(RefCell::new(request.take_payload()));
    let response = match check(request.headers()) {
        Err(error) => request.error_response(error),
        Ok(()) => {
            request.set_payload(Payload::Stream { payload: Box::pin(Lent(Rc::clone(&body))) });
            next.call(request).await?.map_into_boxed_body()
        }
    };
    Ok(response.map_body(|_, inner| Holding { inner, _body: body }).map_into_boxed_body())
}

/// The body for the handler.
struct Lent(Rc<RefCell<Payload>>);

impl Stream for Lent {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

/// An answer that keeps the request's body until it is sent.
struct Holding {
    inner: BoxBody,
    _body: Rc<RefCell<Payload>>,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().inner).poll_next(context)
    }
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
