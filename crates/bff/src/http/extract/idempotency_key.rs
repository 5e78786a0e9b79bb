use crate::error::ApiError;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::ErrorCode;
use domain::common::paths;
use std::future::{Ready, ready};

/// The caller's name for one intended write: 1 to 128 visible ASCII characters, the same at every repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub(crate) String);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut given = request.headers().get_all(paths::IDEMPOTENCY_KEY);
        let key = match (given.next(), given.next()) {
            (Some(value), None) => value.to_str().ok().filter(|text| sane(text)),
            _ => None,
        };
        ready(key.map(|text| Self(text.to_owned())).ok_or_else(|| {
            ApiError::new(ErrorCode::IdempotencyKeyMissing)
                .detail("Send one Idempotency-Key header of 1 to 128 visible ASCII characters.")
        }))
    }
}

fn sane(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_short_and_visible() {
        assert!(super::sane("7b0e9c3e-8d7c-4c51-9f1a-5d6f2f6b8c11"));
        assert!(super::sane(&"k".repeat(128)));
        for bad in ["", " ", "a b", "é", &"k".repeat(129)] {
            assert!(!super::sane(bad), "{bad:?}");
        }
    }
}
