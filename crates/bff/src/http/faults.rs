//! The error answers of an operation for the OpenAPI document, from the codes themselves.

use crate::error::PROBLEM_JSON;
use domain::ErrorCode;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// Codes that any operation can answer with.
const ALWAYS: &[ErrorCode] = &[ErrorCode::Internal, ErrorCode::Unavailable, ErrorCode::TimedOut];

/// One documented response for each status among the codes.
pub(crate) fn responses(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes.iter().chain(ALWAYS) {
        by_status.entry(code.status()).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| {
            let lines: Vec<String> = codes.iter().map(|c| format!("`{}`: {}", c.slug(), c.title())).collect();
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new().description(lines.join(" ")).content(PROBLEM_JSON, content).build();
            (status.to_string(), RefOr::T(response))
        })
        .collect()
}

/// Declares a type whose documented responses are those of the codes.
macro_rules! faults {
    ($($name:ident: $($code:ident),*;)+) => {$(
        #[doc = "Error answers of an operation."]
        pub(crate) struct $name;
        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::http::faults::responses(&[$(domain::ErrorCode::$code),*])
            }
        }
    )+};
}
pub(crate) use faults;
