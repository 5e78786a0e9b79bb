//! Why a request did not work, as the pages need to know it.

use domain::auth::Factor;
use domain::{ErrorCode, FieldError, Problem};

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No answer: no network, or nothing within the time limit. A write may or may not have arrived.
    NoAnswer,
    /// The server said no, with a reason.
    Refused(ErrorCode),
    /// An answer that is neither the expected body nor a problem.
    Unreadable,
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// The request id that support and logs share with the customer.
    pub reference: String,
    /// Faults of single fields, by JSON pointer.
    pub errors: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// With [`ErrorCode::VerificationNeeded`]: what this person can show again, any one of it.
    pub methods: Vec<Factor>,
}

impl Failure {
    pub fn new(kind: FailureKind, reference: impl Into<String>) -> Self {
        Self { kind, reference: reference.into(), errors: Vec::new(), retry_after: None, methods: Vec::new() }
    }

    /// From an answer with an error status. A proxy's page is no problem document, so its body is ignored.
    pub fn from_answer(status: u16, body: &str, reference: String) -> Self {
        match serde_json::from_str::<Problem>(body) {
            Ok(problem) => Self {
                kind: FailureKind::Refused(problem.code),
                reference: if problem.request_id.is_empty() { reference } else { problem.request_id },
                errors: problem.errors,
                retry_after: problem.retry_after,
                methods: problem.methods,
            },
            Err(_) => {
                let kind = match status {
                    401 => FailureKind::Refused(ErrorCode::SignInNeeded),
                    404 => FailureKind::Refused(ErrorCode::NotFound),
                    413 => FailureKind::Refused(ErrorCode::TooLarge),
                    429 => FailureKind::Refused(ErrorCode::TooManyRequests),
                    502..=504 => FailureKind::Refused(ErrorCode::Unavailable),
                    _ => FailureKind::Unreadable,
                };
                Self::new(kind, reference)
            }
        }
    }

    pub fn is(&self, code: ErrorCode) -> bool {
        self.kind == FailureKind::Refused(code)
    }

    /// A write may have taken effect although it was not confirmed: repeat it with the same key, or ask what became of it.
    pub const fn outcome_unknown(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::NoAnswer
                | FailureKind::Unreadable
                | FailureKind::Refused(ErrorCode::OutcomeUnknown | ErrorCode::TimedOut | ErrorCode::RequestInProgress)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_keeps_its_code_reference_and_fields() {
        let mut problem = Problem::invalid(vec![FieldError::new("/email", "email", "Enter a mail address.")]);
        problem.request_id = "req-1".to_owned();
        problem.retry_after = Some(7);
        let failure = Failure::from_answer(422, &serde_json::to_string(&problem).unwrap(), "own".to_owned());
        assert!(failure.is(ErrorCode::Invalid));
        assert_eq!((failure.reference.as_str(), failure.retry_after), ("req-1", Some(7)));
        assert_eq!(failure.errors[0].pointer, "#/email");
    }

    #[test]
    fn a_page_of_a_proxy_is_understood_by_its_status() {
        let failure = Failure::from_answer(503, "<html>busy</html>", "own".to_owned());
        assert!(failure.is(ErrorCode::Unavailable));
        assert_eq!(failure.reference, "own");
        assert_eq!(Failure::from_answer(500, "", String::new()).kind, FailureKind::Unreadable);
    }

    #[test]
    fn a_clear_refusal_has_no_unknown_outcome() {
        assert!(Failure::new(FailureKind::NoAnswer, "").outcome_unknown());
        assert!(Failure::new(FailureKind::Refused(ErrorCode::OutcomeUnknown), "").outcome_unknown());
        assert!(!Failure::new(FailureKind::Refused(ErrorCode::CatalogChanged), "").outcome_unknown());
    }
}
