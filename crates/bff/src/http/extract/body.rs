use crate::error::{ApiError, ApiResult};
use actix_web::dev::Payload;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use domain::ErrorCode;
use futures_util::StreamExt as _;
use std::pin::Pin;
use std::time::Duration;

/// Most bytes of a body.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// The whole body must be there by then: a slow sender keeps no request open for longer.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// A body, read to its end, within its limits of size and time.
#[derive(Debug)]
pub(crate) struct Body(pub(crate) Bytes);

impl FromRequest for Body {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut payload = payload.take();
        Box::pin(async move {
            let read = async {
                let mut body = BytesMut::new();
                while let Some(chunk) = payload.next().await {
                    let chunk = chunk.map_err(|e| ApiError::new(ErrorCode::Unreadable).caused_by(e.to_string()))?;
                    if body.len() + chunk.len() > BODY_LIMIT {
                        return Err(ApiError::new(ErrorCode::TooLarge));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(Self(body.freeze()))
            };
            tokio::time::timeout(BODY_WAIT, read).await.unwrap_or_else(|_| Err(ApiError::new(ErrorCode::BodyLate)))
        })
    }
}
