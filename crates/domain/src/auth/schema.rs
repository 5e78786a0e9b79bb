//! Requests of `/api/auth/*` with the rules that form and API share.

use crate::common::pii::Pii;
use crate::common::text::Language;
use crate::common::validation::{self, failure};
use crate::customer::contract::Address;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// `POST /api/auth/register`: a new person with a new customer account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Register {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "email"))]
    pub email: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "new_password"))]
    pub password: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "name"))]
    pub family_name: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "name"))]
    pub given_name: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "phone"))]
    pub phone: Pii<String>,
    #[validate(nested)]
    pub address: Address,
    #[validate(custom(function = "accepted"))]
    pub terms_accepted: bool,
    #[serde(default)]
    pub language: Language,
}

/// `POST /api/auth/login`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "email"))]
    pub email: Pii<String>,
    /// Not judged here: rules for new passwords must not lock out old ones.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "present"))]
    pub password: Pii<String>,
}

/// Mail addresses are compared in this form.
pub fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

fn email(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::email(value.reveal().trim())
}
fn new_password(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::password(value.reveal())
}
fn name(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::name(value.reveal())
}
fn phone(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::phone(value.reveal())
}
pub(super) fn present(value: &Pii<String>) -> Result<(), ValidationError> {
    match value.reveal().len() {
        0 => Err(failure("required", "Enter your password.")),
        1..=1024 => Ok(()),
        _ => Err(failure("password_long", "Use at most 128 characters.")),
    }
}
fn accepted(value: &bool) -> Result<(), ValidationError> {
    if *value { Ok(()) } else { Err(failure("terms", "Please accept the terms to go on.")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::validation::field_errors;

    #[test]
    fn every_bad_field_is_named_at_once() {
        let errors = field_errors(&Register::default().validate().unwrap_err());
        let pointers: Vec<_> = errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "#/address/city",
                "#/address/line1",
                "#/address/postcode",
                "#/address/prefecture",
                "#/email",
                "#/family_name",
                "#/given_name",
                "#/password",
                "#/phone",
                "#/terms_accepted"
            ]
        );
    }

    #[test]
    fn a_request_does_not_print_its_secrets() {
        let login = Login { email: Pii::new("mika@example.com".into()), password: Pii::new("correct horse".into()) };
        let text = format!("{login:?}");
        assert!(!text.contains("mika") && !text.contains("horse"), "{text}");
    }
}
