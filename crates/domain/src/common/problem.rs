//! The one list of error codes, and the body of every error answer (RFC 9457 `application/problem+json`).

use crate::auth::Factor;
use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// Everything that can go wrong, as the browser matches on it. A code is never renamed or reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $slug)] $variant,)+
        }
        impl ErrorCode {
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// The stable name, also the last part of the problem's `type` (with hyphens).
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),+ }
            }
            /// HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

error_codes! {
    /// The body is not JSON, or a member has the wrong type.
    Unreadable = "unreadable", 400, "The request could not be read.";
    /// A rule is broken; `errors` names each field.
    Invalid = "invalid", 422, "Some entries need another look.";
    IdempotencyKeyMissing = "idempotency_key_missing", 400, "An Idempotency-Key header is needed.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "This Idempotency-Key was used for another request.";
    RequestInProgress = "request_in_progress", 409, "The same request is still being worked on.";
    SignInNeeded = "sign_in_needed", 401, "Please sign in.";
    CredentialsWrong = "credentials_wrong", 401, "Mail address or password is wrong.";
    /// The second step of signing in.
    CodeWrong = "code_wrong", 401, "This code is wrong or was already used.";
    /// The password was given too long ago, too many codes were wrong, or the same step was taken twice.
    ChallengeEnded = "challenge_ended", 401, "This took too long. Please start again.";
    PasskeyRefused = "passkey_refused", 401, "This passkey could not be accepted.";
    /// Signed in, but not recently enough for this act; `methods` says how to show it again.
    VerificationNeeded = "verification_needed", 403, "Please confirm that it is you.";
    /// Switching on what is on, off what is off, or confirming what was not begun.
    SecondFactorChanged = "second_factor_changed", 409, "The second factor is in another state by now.";
    SessionEnded = "session_ended", 401, "This session has ended. Please sign in again.";
    /// A refresh token was used twice; every session of its family has ended.
    SessionReused = "session_reused", 401, "This sign-in was used twice, so it has ended everywhere.";
    OriginRefused = "origin_refused", 403, "This request came from another site.";
    NotAllowed = "not_allowed", 403, "This is not allowed.";
    /// Signed in, without a customer account: a person of the operator's staff.
    NoCustomerAccount = "no_customer_account", 403, "This needs a customer account.";
    /// Unknown, or somebody else's.
    NotFound = "not_found", 404, "There is nothing here.";
    /// The body came too slowly.
    BodyLate = "body_late", 408, "The request did not arrive in time.";
    MethodNotAllowed = "method_not_allowed", 405, "This method is not offered here.";
    MediaTypeUnsupported = "media_type_unsupported", 415, "Send the body as application/json.";
    EmailTaken = "email_taken", 409, "This mail address already has an account.";
    /// The address already belongs to a member of this account.
    AlreadyMember = "already_member", 409, "This person already belongs to the account.";
    /// The account would be left without an owner.
    LastOwner = "last_owner", 409, "An account needs at least one owner.";
    /// A link of a mail: unknown, used, too old, or for something else.
    LinkInvalid = "link_invalid", 410, "This link no longer works.";
    OrderNotConfirmable = "order_not_confirmable", 409, "This order can no longer be confirmed.";
    /// The upstream system refused what we asked.
    OrderRefused = "order_refused", 409, "The order could not be accepted.";
    /// The number is being ported in by another open order.
    PortInRunning = "port_in_running", 409, "This number is already being transferred.";
    CatalogChanged = "catalog_changed", 409, "A price or an offer has changed.";
    /// Staff: the job or its order is no longer in the state that the act is for.
    JobStateChanged = "job_state_changed", 409, "The job is in another state by now.";
    /// Staff: whether a call of the run was carried out is not known, so that nothing can be taken back.
    RunUndecided = "run_undecided", 409, "It is not known how far this run came.";
    /// Something stands against the end of the account; `errors` names each.
    CloseRefused = "close_refused", 409, "This account cannot be closed yet.";
    TooLarge = "too_large", 413, "The request is too large.";
    TooManyRequests = "too_many_requests", 429, "Too many tries. Please wait a moment.";
    UpstreamUnavailable = "upstream_unavailable", 503, "A connected system is not answering.";
    /// Sent, but no answer: the same request with the same key may be sent again.
    OutcomeUnknown = "outcome_unknown", 503, "We are still checking whether this went through.";
    UpstreamGarbled = "upstream_garbled", 502, "A connected system gave an answer that we do not understand.";
    /// The database or the process is not ready.
    Unavailable = "unavailable", 503, "The portal is not ready. Please try again in a moment.";
    TimedOut = "timed_out", 503, "This took too long. Please try again.";
    Internal = "internal", 500, "Something went wrong on our side.";
}

/// One field's failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// JSON pointer with a leading `#`: `#/items/0/plan`.
    pub pointer: String,
    /// Stable code of the rule: `unknown_plan`.
    pub code: String,
    /// An English sentence that says what to do.
    pub detail: String,
}

impl FieldError {
    /// `pointer` without the leading `#`.
    pub fn new(pointer: impl AsRef<str>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: format!("#{}", pointer.as_ref()), code: code.into(), detail: detail.into() }
    }
}

/// RFC 9457 problem details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `/problems/<slug>`, where the docs explain it.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: ErrorCode,
    /// What happened this time, for people; never upstream text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The reference that support and logs share with the customer.
    #[serde(default)]
    pub request_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds after which trying again makes sense; also in `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// With `verification_needed`: what this person can show again, any one of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Factor>,
}

impl Problem {
    pub fn new(code: ErrorCode) -> Self {
        Self {
            kind: format!("/problems/{}", code.slug().replace('_', "-")),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            instance: None,
            request_id: String::new(),
            errors: Vec::new(),
            retry_after: None,
            methods: Vec::new(),
        }
    }
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(ErrorCode::Invalid) }
    }
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_facts_with_an_error_status() {
        let mut slugs: Vec<_> = ErrorCode::ALL.iter().map(|c| c.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert_eq!(serde_json::to_value(code).unwrap(), code.slug());
        }
    }
}
