use super::Body;
use crate::error::{ApiError, ApiResult};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use domain::ErrorCode;
use domain::common::validation::field_errors;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use std::pin::Pin;
use validator::Validate;

/// A JSON body of type `T` that keeps all of its rules.
#[derive(Debug)]
pub(crate) struct Valid<T>(pub(crate) T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Valid<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = is_json(request);
        let body = Body::from_request(request, payload);
        Box::pin(async move {
            if !media_type {
                return Err(ApiError::new(ErrorCode::MediaTypeUnsupported));
            }
            let value: T = parse(&body.await?.0)?;
            value.validate().map_err(|errors| ApiError::invalid(field_errors(&errors)))?;
            Ok(Self(value))
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Reads a body. The parser's own words may repeat what was sent, so they are not passed on.
fn parse<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let unreadable = || ApiError::new(ErrorCode::Unreadable);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if !error.inner().is_data() {
            return unreadable().detail("The body is not JSON.");
        }
        let words = error.inner().to_string();
        let pointer = pointer(error.path());
        if let Some(member) = named(&words, "missing field `") {
            return unreadable().at(&format!("{pointer}/{member}"), "missing", "This member is missing.");
        }
        if words.starts_with("unknown field") {
            return unreadable().at(&pointer, "unknown_member", "Nothing of this name belongs here.");
        }
        unreadable().at(&pointer, "wrong_type", "This member has the wrong type.")
    })?;
    reader.end().map_err(|_| unreadable().detail("The body goes on after the JSON value."))?;
    Ok(value)
}

fn named<'w>(words: &'w str, prefix: &str) -> Option<&'w str> {
    words.strip_prefix(prefix)?.split('`').next()
}

fn pointer(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            // A member's name may be anything; one that is no name is not repeated, and its parent is pointed at.
            Segment::Map { key } if !is_name(key) => break,
            // RFC 6901 escapes.
            Segment::Map { key } => text.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text
}

/// Letters, digits and what joins them, at most 40.
fn is_name(key: &str) -> bool {
    key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'~' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::ResponseError as _;
    use domain::orders::schema::NewOrder;

    fn problem(body: &str) -> (u16, String) {
        let error = parse::<NewOrder>(body.as_bytes()).unwrap_err();
        let text = format!("{:?}", error.copy());
        assert!(text.contains("Unreadable"));
        (error.status_code().as_u16(), error.first_pointer().unwrap_or_default())
    }

    #[test]
    fn wrong_members_are_pointed_at() {
        let whole = r#"{"items":[{"plan":"A"}],"expected_total":1,"terms_accepted":true}"#;
        assert!(parse::<NewOrder>(whole.as_bytes()).is_ok());
        let cases = [
            (r#"{"items":[{"plan":7}],"expected_total":1,"terms_accepted":true}"#, "#/items/0/plan"),
            (r#"{"items":[{}],"expected_total":1,"terms_accepted":true}"#, "#/items/0/plan"),
            (r#"{"items":[],"expected_total":"1","terms_accepted":true}"#, "#/expected_total"),
            (r#"{"items":[],"expected_total":1.5,"terms_accepted":true}"#, "#/expected_total"),
            (r#"{"items":[],"expected_total":1,"terms_accepted":true,"a/b":1}"#, "#/a~1b"),
            (r#"{"items":[],"expected_total":1,"terms_accepted":true,"mika@example.com":1}"#, "#"),
            (
                r#"{"items":[{"plan":"A","sim":{"kind":"nano"}}],"expected_total":1,"terms_accepted":true}"#,
                "#/items/0/sim/kind",
            ),
            (r#"{"items":[]}"#, "#/expected_total"),
        ];
        for (body, pointer) in cases {
            assert_eq!(problem(body), (400, pointer.to_owned()), "{body}");
        }
        for broken in ["", "{", "nonsense", r#"{"items":[],"expected_total":1,"terms_accepted":true} x"#] {
            assert_eq!(problem(broken), (400, String::new()), "{broken}");
        }
    }
}
