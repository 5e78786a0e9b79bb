//! Requests about members and invitations, with the rules that form and API share.

use crate::auth::Role;
use crate::common::pii::Pii;
use crate::common::text::Language;
use crate::common::validation::{self, failure};
use crate::{CustomerId, ServiceId};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// Most lines of one person.
pub const MOST_LINES: usize = 200;

/// `POST /api/account/people/invitations`.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "invited_lines"))]
pub struct NewInvitation {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "email"))]
    pub email: Pii<String>,
    pub role: Role,
    /// At least one for a `line_user`, none for the others.
    #[serde(default)]
    pub lines: Vec<ServiceId>,
    /// Of the mail.
    #[serde(default)]
    pub language: Language,
}

/// `PATCH /api/account/people/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "member_lines"))]
pub struct MemberChange {
    pub role: Role,
    /// At least one for a `line_user`, none for the others.
    #[serde(default)]
    pub lines: Vec<ServiceId>,
}

/// `POST /api/auth/invitations/look`.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LookAtInvitation {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub token: Pii<String>,
}

/// `POST /api/auth/invitations/accept`. Password and names belong to somebody who is new; who has a person already signs
/// in first and sends the token alone.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub token: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[validate(custom(function = "chosen_password"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Pii<String>>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[validate(custom(function = "own_name"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<Pii<String>>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[validate(custom(function = "own_name"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<Pii<String>>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[validate(custom(function = "phone_number"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Pii<String>>,
    #[serde(default)]
    pub language: Language,
}

/// `POST /api/auth/switch`.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SwitchAccount {
    pub customer_id: CustomerId,
}

fn invited_lines(value: &NewInvitation) -> Result<(), ValidationError> {
    lines(value.role, &value.lines)
}
fn member_lines(value: &MemberChange) -> Result<(), ValidationError> {
    lines(value.role, &value.lines)
}
fn lines(role: Role, given: &[ServiceId]) -> Result<(), ValidationError> {
    match (role.has_lines(), given.len()) {
        (true, 0) => Err(failure("lines_missing", "Choose at least one line.")),
        (true, n) if n > MOST_LINES => Err(failure("lines_many", "Choose at most 200 lines.")),
        (false, 1..) => Err(failure("lines_unused", "Only a user of lines is limited to some.")),
        _ => Ok(()),
    }
}
fn email(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::email(value.reveal().trim())
}
/// 256 bits in base64url are 43 characters; anything near that is looked up, the rest is not a token.
fn token(value: &Pii<String>) -> Result<(), ValidationError> {
    let text = value.reveal();
    let fine = (32..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fine { Ok(()) } else { Err(failure("token", "Open the link of the mail again, all of it.")) }
}
fn chosen_password(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::password(value.reveal())
}
fn own_name(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::name(value.reveal())
}
fn phone_number(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::phone(value.reveal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::validation::field_errors;

    fn invitation(role: Role, lines: &[u64]) -> NewInvitation {
        let lines = lines.iter().copied().map(ServiceId).collect();
        NewInvitation { email: Pii::new("a@example.com".into()), role, lines, language: Language::En }
    }

    #[test]
    fn lines_go_with_the_role_that_has_them() {
        assert!(invitation(Role::LineUser, &[1]).validate().is_ok());
        assert!(invitation(Role::Admin, &[]).validate().is_ok());
        for (role, lines, code) in [
            (Role::LineUser, &[][..], "lines_missing"),
            (Role::Owner, &[1], "lines_unused"),
            (Role::Billing, &[1], "lines_unused"),
        ] {
            let errors = field_errors(&invitation(role, lines).validate().unwrap_err());
            assert_eq!(errors[0].code, code);
            let change = MemberChange { role, lines: lines.iter().copied().map(ServiceId).collect() };
            assert!(change.validate().is_err());
        }
        let many: Vec<u64> = (0..201).collect();
        assert!(invitation(Role::LineUser, &many).validate().is_err());
    }

    #[test]
    fn a_token_is_not_printed_and_must_look_like_one() {
        let look = LookAtInvitation { token: Pii::new("A".repeat(43)) };
        assert!(look.validate().is_ok());
        assert!(!format!("{look:?}").contains("AAAA"));
        for bad in ["", "short", &"A".repeat(129), &format!("{} x", "A".repeat(41))] {
            assert!(LookAtInvitation { token: Pii::new(bad.into()) }.validate().is_err(), "{bad}");
        }
    }
}
