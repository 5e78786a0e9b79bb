//! Failures in the customer's words. Matches on codes, never on text of the server.

use crate::providers::language::Tr;
use crate::shared::api::failure::{Failure, FailureKind};
use crate::tr;
use domain::common::text::Language;
use domain::{ErrorCode, FieldError};

/// What happened, as a sentence.
pub const fn title(failure: &Failure) -> Tr {
    match failure.kind {
        FailureKind::NoAnswer => tr!(failure.no_answer),
        FailureKind::Unreadable => tr!(failure.internal),
        FailureKind::Refused(code) => code_title(code),
    }
}

const fn code_title(code: ErrorCode) -> Tr {
    match code {
        ErrorCode::Invalid => tr!(failure.invalid),
        ErrorCode::RequestInProgress | ErrorCode::OutcomeUnknown => tr!(failure.outcome_unknown),
        ErrorCode::SignInNeeded => tr!(failure.sign_in_needed),
        ErrorCode::CredentialsWrong => tr!(failure.credentials_wrong),
        ErrorCode::CodeWrong => tr!(failure.code_wrong),
        ErrorCode::ChallengeEnded => tr!(failure.challenge_ended),
        ErrorCode::PasskeyRefused => tr!(failure.passkey_refused),
        ErrorCode::VerificationNeeded => tr!(failure.verification_needed),
        ErrorCode::SecondFactorChanged => tr!(failure.second_factor_changed),
        ErrorCode::SessionEnded => tr!(failure.session_ended),
        ErrorCode::SessionReused => tr!(failure.session_reused),
        ErrorCode::OriginRefused | ErrorCode::NotAllowed | ErrorCode::NoCustomerAccount => tr!(failure.not_allowed),
        ErrorCode::NotFound => tr!(failure.not_found),
        ErrorCode::EmailTaken => tr!(failure.email_taken),
        ErrorCode::AlreadyMember => tr!(failure.already_member),
        ErrorCode::LastOwner => tr!(failure.last_owner),
        ErrorCode::LinkInvalid => tr!(failure.link_invalid),
        ErrorCode::OrderNotConfirmable => tr!(failure.order_not_confirmable),
        ErrorCode::OrderRefused => tr!(failure.order_refused),
        ErrorCode::PortInRunning => tr!(failure.port_in_running),
        ErrorCode::CatalogChanged => tr!(failure.catalog_changed),
        ErrorCode::TooLarge => tr!(failure.too_large),
        ErrorCode::TooManyRequests => tr!(failure.too_many_requests),
        ErrorCode::UpstreamUnavailable | ErrorCode::UpstreamGarbled => tr!(failure.upstream_unavailable),
        ErrorCode::Unavailable | ErrorCode::TimedOut | ErrorCode::BodyLate => tr!(failure.unavailable),
        // Only acts of staff end so; their pages say more.
        ErrorCode::JobStateChanged | ErrorCode::RunUndecided | ErrorCode::CloseRefused => tr!(failure.not_allowed),
        // Faults of the page itself rather than of the customer.
        ErrorCode::Unreadable
        | ErrorCode::IdempotencyKeyMissing
        | ErrorCode::IdempotencyKeyReused
        | ErrorCode::MethodNotAllowed
        | ErrorCode::MediaTypeUnsupported
        | ErrorCode::Internal => tr!(failure.internal),
    }
}

/// Whether asking again can help.
pub const fn may_retry(failure: &Failure) -> bool {
    !matches!(
        failure.kind,
        FailureKind::Refused(
            ErrorCode::NotFound
                | ErrorCode::NotAllowed
                | ErrorCode::NoCustomerAccount
                | ErrorCode::JobStateChanged
                | ErrorCode::RunUndecided
                | ErrorCode::OriginRefused
                | ErrorCode::CredentialsWrong
                | ErrorCode::CodeWrong
                | ErrorCode::ChallengeEnded
                | ErrorCode::PasskeyRefused
                | ErrorCode::VerificationNeeded
                | ErrorCode::SecondFactorChanged
                | ErrorCode::EmailTaken
                | ErrorCode::LinkInvalid
                | ErrorCode::OrderNotConfirmable
                | ErrorCode::PortInRunning
                | ErrorCode::SessionEnded
                | ErrorCode::SessionReused
        )
    )
}

/// What to do about a field. A rule that this release does not know keeps the server's sentence.
pub fn field_text(error: &FieldError, language: Language) -> String {
    match field_tr(&error.code) {
        Some(tr) => tr.get(language).to_owned(),
        None => error.detail.clone(),
    }
}

fn field_tr(code: &str) -> Option<Tr> {
    Some(match code {
        "required" => tr!(field.required),
        "email" => tr!(field.email),
        "password_short" => tr!(field.password_short),
        "password_long" => tr!(field.password_long),
        "too_long" => tr!(field.too_long),
        "not_text" => tr!(field.not_text),
        "postcode" => tr!(field.postcode),
        "phone" => tr!(field.phone),
        "eid" => tr!(field.eid),
        "eid_needed" => tr!(field.eid_needed),
        "terms" => tr!(field.terms),
        "empty_order" | "unknown_plan" => tr!(field.plan),
        "option_not_allowed" => tr!(field.option_not_allowed),
        "choose_one" => tr!(field.choose_one),
        "sim_needed" => tr!(field.sim_needed),
        "sim_not_possible" => tr!(field.sim_not_possible),
        "mobile_number" => tr!(field.mobile_number),
        "reservation_number" => tr!(field.reservation_number),
        "reservation_day" => tr!(field.reservation_day),
        "reservation_expired" => tr!(field.reservation_expired),
        "reservation_too_short" => tr!(field.reservation_too_short),
        "kana" => tr!(field.kana),
        "port_in_needs_esim" | "port_in_needs_voice" => tr!(field.port_in_not_possible),
        "customer_number" => tr!(field.customer_number),
        "lines_missing" => tr!(field.lines_missing),
        "six_digits" => tr!(field.six_digits),
        "password_common" => tr!(field.password_common),
        "port_in_once" => tr!(field.port_in_once),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::{Login, Register};
    use domain::common::validation::field_errors;
    use validator::Validate;

    #[test]
    fn every_rule_of_the_forms_has_words_in_both_languages() {
        let mut errors = field_errors(&Register::default().validate().unwrap_err());
        errors.extend(field_errors(&Login::default().validate().unwrap_err()));
        assert!(errors.len() > 10);
        for error in errors {
            let (en, ja) = (field_text(&error, Language::En), field_text(&error, Language::Ja));
            assert!(field_tr(&error.code).is_some(), "{} has no words of its own", error.code);
            assert_ne!(en, ja, "{}", error.code);
        }
    }

    #[test]
    fn an_unknown_rule_keeps_the_sentence_of_the_server() {
        let error = FieldError::new("/x", "from_the_future", "Do that.");
        assert_eq!(field_text(&error, Language::Ja), "Do that.");
    }

    #[test]
    fn every_code_has_a_text_without_technical_words() {
        for &code in ErrorCode::ALL {
            for language in [Language::En, Language::Ja] {
                let text = code_title(code).get(language).to_lowercase();
                for word in ["error 500", "whmcs", "salesforce", "freebit", "idempotency", "json"] {
                    assert!(!text.contains(word), "{code:?}: {text}");
                }
            }
        }
    }
}
