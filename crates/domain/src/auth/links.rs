//! What goes over links in mails: confirming a sign-up, linking a customer number, a forgotten password, another mail
//! address. A link's token travels in the fragment of its address, which browsers send to nobody.

use crate::common::pii::Pii;
use crate::common::text::Language;
use crate::common::validation::{self, failure};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// `POST /api/auth/register/confirm`, `POST /api/auth/email/confirm`: the token of a link.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub token: Pii<String>,
}

/// `POST /api/auth/link`: an existing customer wants to use the portal.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// As on letters and bills, such as `C-100001`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "customer_number"))]
    pub customer_number: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "email"))]
    pub email: Pii<String>,
    #[serde(default)]
    pub language: Language,
}

/// `POST /api/auth/link/confirm`: the link of the mail, and the password for the new account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkConfirm {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub token: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "new_password"))]
    pub password: Pii<String>,
    #[serde(default)]
    pub language: Language,
}

/// `POST /api/auth/password/forgot` and `POST /api/account/email`: a mail address.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmailForm {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "email"))]
    pub email: Pii<String>,
}

/// `POST /api/auth/password/reset`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub token: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "new_password"))]
    pub password: Pii<String>,
}

/// Reply of requests that say nothing about what is known: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accepted {}

/// Reply of `POST /api/auth/email/confirm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailConfirmed {
    pub state: EmailChangeState,
}

/// How far a change of the mail address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EmailChangeState {
    /// The link in the other mail has not been opened.
    WaitingForOther,
    Changed,
}

/// Reply of `GET /api/account/email`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailView {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Pii<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingEmail>,
}

/// A change that waits for its links to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingEmail {
    /// The address to be.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Pii<String>,
    /// The link in the mail to the present address was opened.
    pub old_confirmed: bool,
    /// The link in the mail to the new address was opened.
    pub new_confirmed: bool,
    /// The end of both links.
    pub expires_at: crate::Timestamp,
}

/// How the account stands with the billing system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BillingLink {
    /// Billing has the customer under the number that we keep.
    Linked,
    /// The customer is being opened there.
    Opening,
    /// Billing has no such customer, or somebody else's record stands there.
    Broken,
    /// Billing did not answer in time.
    Unknown,
}

impl BillingLink {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Opening => "opening",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// Reply of `GET /api/account/billing-link`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillingLinkView {
    pub state: BillingLink,
}

/// Customer numbers are compared in this form.
pub fn normalise_customer_number(number: &str) -> String {
    number.trim().to_uppercase()
}

/// Whether something can be one of our tokens at all: 43 characters of base64url, which are 256 bits.
fn token(value: &Pii<String>) -> Result<(), ValidationError> {
    let text = value.reveal();
    let fine = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fine { Ok(()) } else { Err(failure("link", "Open the link of the mail once more, as a whole.")) }
}
fn email(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::email(value.reveal().trim())
}
fn new_password(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::password(value.reveal())
}
fn customer_number(value: &Pii<String>) -> Result<(), ValidationError> {
    let text = value.reveal().trim();
    let fine = (3..=30).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fine { Ok(()) } else { Err(failure("customer_number", "Enter the number on your bill, such as C-100001.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_bits_and_does_not_print() {
        let form = |token: &str| LinkToken { token: Pii::new(token.to_owned()) };
        assert!(form(&"aZ-_".repeat(10)).validate().is_err(), "40 characters");
        assert!(form(&"x".repeat(43)).validate().is_ok());
        assert!(form(&format!("{}=", "x".repeat(42))).validate().is_err());
        assert!(!format!("{:?}", form(&"x".repeat(43))).contains('x'));
    }

    #[test]
    fn customer_numbers_are_compared_without_case_and_blanks() {
        assert_eq!(normalise_customer_number(" c-100001 "), "C-100001");
        let form = |number: &str| LinkRequest {
            customer_number: Pii::new(number.to_owned()),
            email: Pii::new("a@example.com".to_owned()),
            language: Language::En,
        };
        assert!(form(" c-100001 ").validate().is_ok());
        assert!(form("C-1' OR").validate().is_err() && form("").validate().is_err());
    }
}
