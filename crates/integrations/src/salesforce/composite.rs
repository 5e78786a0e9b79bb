//! Several operations as one, all or none (`POST /composite`).

use super::client::{self, Answer, Client};
use super::rest_error::{self, RestError};
use crate::error::UpstreamErrorKind;
use crate::http::{Call, Reply};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Most sub-requests of one call.
pub(super) const MAX_SUBREQUESTS: usize = 25;

/// One operation of a composite call.
pub(super) struct SubRequest {
    pub method: Method,
    /// From the root; may hold `@{name.id}` of an earlier one.
    pub path: String,
    /// A letter, then letters, digits, underscores.
    pub name: String,
    /// `None` for a read.
    pub body: Option<Value>,
}

impl Client {
    /// Runs all or nothing. `Ok` are the bodies in order; [`Answer::Errors`] is the first failure that is a cause (the others
    /// are only rolled back with it).
    pub(super) async fn composite(&self, call: Call, requests: Vec<SubRequest>) -> Result<Answer, UpstreamErrorKind> {
        let count = requests.len();
        let body = json!({
            "allOrNone": true,
            "compositeRequest": requests
                .into_iter()
                .map(|r| {
                    let mut request = json!({"method": r.method.as_str(), "url": r.path, "referenceId": r.name});
                    if let Some(body) = r.body {
                        request["body"] = body;
                    }
                    request
                })
                .collect::<Vec<_>>(),
        });
        // The envelope is a write's answer: what cannot be read leaves the outcome open.
        let look_inside =
            |reply: &Reply| read(&client::json(call, reply)?, count).ok_or(UpstreamErrorKind::OutcomeUnknown);
        self.request_read(call, Method::POST, &self.path("/composite"), Some(&body), look_inside).await
    }
}

fn read(envelope: &Value, count: usize) -> Option<Answer> {
    let responses = envelope.get("compositeResponse")?.as_array().filter(|r| r.len() == count)?;
    let mut failure: Option<(StatusCode, Vec<RestError>)> = None;
    let mut bodies = Vec::with_capacity(count);
    for response in responses {
        let status = u16::try_from(response.get("httpStatusCode")?.as_u64()?).ok()?;
        let status = StatusCode::from_u16(status).ok()?;
        let body = response.get("body").cloned().unwrap_or(Value::Null);
        if status.is_success() {
            // A collection answers 200 whatever its rows say; the rows are looked at one by one.
            match failed_rows(&body) {
                Some(errors) => failure = Some(more_telling(failure, (StatusCode::BAD_REQUEST, errors))),
                None => bodies.push(body),
            }
        } else {
            failure = Some(more_telling(failure, (status, rest_error::errors(&body))));
        }
    }
    Some(match failure {
        Some((status, errors)) => Answer::Errors(status, errors),
        None => Answer::Ok(Value::Array(bodies)),
    })
}

/// Errors of the rows of a collection reply; `None` when all went well, or it is no collection reply.
pub(super) fn failed_rows(body: &Value) -> Option<Vec<RestError>> {
    let failed = |row: &&Value| row.get("success").and_then(Value::as_bool) == Some(false);
    let rows: Vec<&Value> = body.as_array()?.iter().filter(failed).collect();
    let errors = rows.iter().flat_map(|row| rest_error::errors(row.get("errors").unwrap_or(&Value::Null)));
    // The rows that were fine are rolled back with the others: they are not the reason.
    let (consequences, causes): (Vec<_>, Vec<_>) = errors.partition(is_consequence);
    (!rows.is_empty()).then_some(if causes.is_empty() { consequences } else { causes })
}

fn is_consequence(error: &RestError) -> bool {
    matches!(error.code.as_str(), "PROCESSING_HALTED" | "ALL_OR_NONE_OPERATION_ROLLED_BACK")
}

/// Keeps the cause, not its consequences.
fn more_telling(
    kept: Option<(StatusCode, Vec<RestError>)>,
    new: (StatusCode, Vec<RestError>),
) -> (StatusCode, Vec<RestError>) {
    match kept {
        Some(kept) if !kept.1.iter().all(is_consequence) => kept,
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_not_the_roll_back() {
        let halted = json!({"httpStatusCode": 400, "referenceId": "order", "body": [{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}]});
        let cause = json!({"httpStatusCode": 400, "referenceId": "item1", "body": [{"errorCode": "REQUIRED_FIELD_MISSING", "message": "m", "fields": ["Quantity"]}]});
        for order in [json!([halted, cause]), json!([cause, halted])] {
            match read(&json!({"compositeResponse": order}), 2) {
                Some(Answer::Errors(status, errors)) => {
                    assert_eq!((status.as_u16(), errors[0].code.as_str()), (400, "REQUIRED_FIELD_MISSING"));
                }
                _ => panic!("not an error"),
            }
        }
    }

    #[test]
    fn a_failed_row_hides_inside_a_200() {
        let rows = json!({"httpStatusCode": 200, "referenceId": "items", "body": [
            {"success": false, "errors": [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": "m", "fields": []}]},
            {"success": false, "errors": [{"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "m", "fields": []}]}]});
        assert!(matches!(read(&json!({"compositeResponse": [rows]}), 1), Some(Answer::Errors(..))));
        let fine = json!({"httpStatusCode": 200, "body": [{"id": "802", "success": true, "errors": []}]});
        assert!(matches!(read(&json!({"compositeResponse": [fine]}), 1), Some(Answer::Ok(_))));
    }

    #[test]
    fn an_incomplete_envelope_is_no_answer() {
        for envelope in [json!({}), json!({"compositeResponse": []}), json!({"compositeResponse": [{"body": {}}]})] {
            assert!(read(&envelope, 1).is_none());
        }
    }
}
