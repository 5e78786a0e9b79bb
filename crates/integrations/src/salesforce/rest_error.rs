//! Salesforce's REST errors: an array of `message`, `errorCode` (`statusCode` in save results) and `fields`.

use crate::error::UpstreamErrorKind;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::Duration;

/// A used-up daily allowance does not come back soon.
const LIMIT_WAIT: Duration = Duration::from_secs(300);

/// What an answer 300 means.
pub(super) const SEVERAL: &str = "several records have this external id; nothing was done";

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RestError {
    pub code: String,
    pub message: String,
    pub fields: Vec<String>,
}

impl RestError {
    /// `None` when nothing in it says what is wrong. The code decides what a caller may conclude, so that a member of an odd
    /// form must not hide it.
    fn read(body: &Value) -> Option<Self> {
        let text = |member: &str| body.get(member).and_then(Value::as_str);
        let (code, message) = (text("errorCode").or_else(|| text("statusCode")), text("message"));
        code.or(message)?;
        let fields = body.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            code: code.unwrap_or_default().to_owned(),
            message: message.unwrap_or_default().to_owned(),
            fields: fields.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }
}

/// The errors of a body; empty when it holds none.
pub(super) fn errors(body: &Value) -> Vec<RestError> {
    // A tree answers with an object whose failed records have an array each.
    if let Some(results) = body.get("results").and_then(Value::as_array) {
        return results.iter().filter_map(|r| r.get("errors")).flat_map(errors).collect();
    }
    match body {
        Value::Array(errors) => errors.iter().filter_map(RestError::read).collect(),
        // One without its list.
        one => RestError::read(one).into_iter().collect(),
    }
}

/// A unique external id is taken.
pub(super) fn is_duplicate(errors: &[RestError], field: &str) -> bool {
    errors
        .iter()
        .any(|e| e.code == "DUPLICATE_VALUE" && (e.fields.iter().any(|f| f == field) || e.message.contains(field)))
}

/// Another transaction holds a record; this one was rolled back.
pub(super) fn is_locked(errors: &[RestError]) -> bool {
    errors.iter().any(|e| e.code == "UNABLE_TO_LOCK_ROW")
}

/// The organisation's daily or concurrent calls are used up.
pub(super) fn is_over_limit(errors: &[RestError]) -> bool {
    errors.iter().any(|e| e.code == "REQUEST_LIMIT_EXCEEDED")
}

/// Salesforce itself says that it did nothing and that a later try may succeed.
pub(super) fn says_not_now(errors: &[RestError]) -> bool {
    let codes = ["REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"];
    errors.iter().any(|e| codes.contains(&e.code.as_str()))
}

/// What an error status with these errors means. 401 is the caller's: it renews the session first.
pub(super) fn kind(status: StatusCode, errors: &[RestError]) -> UpstreamErrorKind {
    let has = |code: &str| errors.iter().any(|e| e.code == code);
    if is_over_limit(errors) {
        // The allowance of calls at a time is free again at once; the one of the day is not.
        let at_a_time = errors.iter().any(|e| e.message.starts_with("ConcurrentRequests"));
        return UpstreamErrorKind::Unavailable { retry_after: (!at_a_time).then_some(LIMIT_WAIT) };
    }
    if says_not_now(errors) {
        return UpstreamErrorKind::unavailable();
    }
    match status.as_u16() {
        401 | 403 => UpstreamErrorKind::Denied,
        404 if has("NOT_FOUND") || has("ENTITY_IS_DELETED") => UpstreamErrorKind::NotFound,
        400..=499 if has("ENTITY_IS_DELETED") => UpstreamErrorKind::NotFound,
        300 => UpstreamErrorKind::refused(SEVERAL),
        _ => UpstreamErrorKind::refused(&describe(status, errors)),
    }
}

fn describe(status: StatusCode, errors: &[RestError]) -> String {
    let texts: Vec<String> =
        errors.iter().map(|e| format!("{} [{}] {}", e.code, e.fields.join(","), e.message)).collect();
    if texts.is_empty() { format!("HTTP-{}", status.as_u16()) } else { texts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_spellings_are_read() {
        let rest = errors(&json!([{"message": "m", "errorCode": "DUPLICATE_VALUE", "fields": ["Portal_Order_Id__c"]}]));
        assert!(is_duplicate(&rest, "Portal_Order_Id__c"));
        assert!(!is_duplicate(&rest, "Customer_Number__c"));
        let save = errors(
            &json!([{"message": "duplicate value found: Portal_Order_Id__c duplicates value on record with id: 801", "statusCode": "DUPLICATE_VALUE"}]),
        );
        assert!(is_duplicate(&save, "Portal_Order_Id__c"));
        let tree = errors(
            &json!({"hasErrors": true, "results": [{"referenceId": "order", "errors": [{"statusCode": "DUPLICATE_VALUE", "message": "m", "fields": ["Portal_Order_Id__c"]}]}]}),
        );
        assert!(is_duplicate(&tree, "Portal_Order_Id__c"));
        assert!(errors(&json!({"id": "801"})).is_empty());
        assert!(errors(&json!(["/services/data/v62.0/sobjects/Account/001"])).is_empty(), "the paths of an answer 300");
    }

    #[test]
    fn an_odd_member_hides_no_code() {
        for odd in [
            json!([{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": null}]),
            json!([{"errorCode": "UNABLE_TO_LOCK_ROW", "message": null, "fields": ""}]),
            json!([{"errorCode": "UNABLE_TO_LOCK_ROW"}]),
            json!([{"errorCode": "UNABLE_TO_LOCK_ROW", "statusCode": "UNABLE_TO_LOCK_ROW", "message": "m", "extendedErrorDetails": []}]),
            json!({"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m"}),
            json!([null, {"statusCode": "UNABLE_TO_LOCK_ROW", "fields": [null, 1]}]),
        ] {
            let found = errors(&odd);
            assert!(is_locked(&found), "{odd}");
            assert_eq!(kind(StatusCode::BAD_REQUEST, &found), UpstreamErrorKind::unavailable(), "{odd}");
        }
    }

    #[test]
    fn codes_decide_before_the_status() {
        let of = |status: u16, code: &str| {
            kind(StatusCode::from_u16(status).unwrap(), &errors(&json!([{"message": "", "errorCode": code}])))
        };
        assert_eq!(of(403, "REQUEST_LIMIT_EXCEEDED"), UpstreamErrorKind::Unavailable { retry_after: Some(LIMIT_WAIT) });
        let concurrent = errors(
            &json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}]),
        );
        assert_eq!(kind(StatusCode::FORBIDDEN, &concurrent), UpstreamErrorKind::unavailable());
        assert_eq!(of(503, "SERVER_UNAVAILABLE"), UpstreamErrorKind::unavailable());
        assert_eq!(of(400, "UNABLE_TO_LOCK_ROW"), UpstreamErrorKind::unavailable());
        assert_eq!(of(403, "API_DISABLED_FOR_ORG"), UpstreamErrorKind::Denied);
        assert_eq!(of(404, "NOT_FOUND"), UpstreamErrorKind::NotFound);
        assert_eq!(
            of(400, "FAILED_ACTIVATION"),
            UpstreamErrorKind::Refused { reason: "FAILED_ACTIVATION []".to_owned() }
        );
    }
}
