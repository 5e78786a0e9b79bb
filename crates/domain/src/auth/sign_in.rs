//! Signing in with more than a password, asking again, and the settings of one's own sign-in: requests with their rules,
//! and replies.

use super::contract::{Me, TokenReply};
use crate::common::pii::Pii;
use crate::common::validation::{self, failure};
use crate::{PasskeyId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use validator::{Validate, ValidationError};

/// A way to show that one is who one says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    Password,
    /// Six digits of an authenticator app (RFC 6238).
    Totp,
    /// One of the codes on paper; each works once.
    Recovery,
    Passkey,
}

/// Reply of `POST /api/auth/login`: signed in, or asked for a second factor. Either the members of [`TokenReply`] or
/// `second_factor` are there.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginReply {
    /// JWT for `Authorization: Bearer`; kept in the browser's memory only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Seconds until the access token ends (900).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub me: Option<Me>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
}

/// What has to follow the right password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactor {
    /// Stands for the password already given; a secret, kept in memory only.
    pub challenge: String,
    /// Those that this person has; any one of them will do.
    pub factors: Vec<Factor>,
    /// Seconds until the password has to be given again (300).
    pub expires_in: u32,
}

/// What came of a password.
pub enum LoginOutcome {
    SignedIn(TokenReply),
    SecondFactor(SecondFactor),
}

impl LoginReply {
    /// `None` for a reply that is neither.
    pub fn outcome(self) -> Option<LoginOutcome> {
        if let Some(second) = self.second_factor {
            return Some(LoginOutcome::SecondFactor(second));
        }
        let (access_token, expires_in, me) = (self.access_token?, self.expires_in?, self.me?);
        Some(LoginOutcome::SignedIn(TokenReply { access_token, expires_in, me }))
    }
}

impl From<TokenReply> for LoginReply {
    fn from(reply: TokenReply) -> Self {
        Self {
            access_token: Some(reply.access_token),
            expires_in: Some(reply.expires_in),
            me: Some(reply.me),
            second_factor: None,
        }
    }
}

impl From<SecondFactor> for LoginReply {
    fn from(second: SecondFactor) -> Self {
        Self { second_factor: Some(second), ..Self::default() }
    }
}

/// `POST /api/auth/login/code`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginCode {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub challenge: Pii<String>,
    /// Of the authenticator app or a recovery code; told apart by their form.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "some_code"))]
    pub code: Pii<String>,
}

/// `POST /api/auth/passkey/start`: without a challenge the passkey alone signs in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyStart {
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "token"))]
    pub challenge: Option<Pii<String>>,
}

/// Reply of every start of a ceremony.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ceremony {
    /// Goes with the answer of the authenticator, once, within five minutes.
    pub ceremony: String,
    /// The argument of `navigator.credentials.get` or `create` in the JSON form of WebAuthn level 3 (`publicKey` holds what
    /// `PublicKeyCredential.parseRequestOptionsFromJSON` and `parseCreationOptionsFromJSON` take).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Value,
}

/// `POST /api/auth/passkey/finish` and `POST /api/auth/verify/passkey/finish`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyFinish {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub ceremony: Pii<String>,
    /// `PublicKeyCredential.toJSON()`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: Value,
}

/// `POST /api/auth/verify`: one of the two. With a second factor switched on the password alone does not do.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_of_two"))]
pub struct Verify {
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "present"))]
    pub password: Option<Pii<String>>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "some_code"))]
    pub code: Option<Pii<String>>,
}

/// `GET /api/account/security`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Security {
    /// Absent while the password is the one of the sign-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_changed_at: Option<Timestamp>,
    pub totp_on: bool,
    pub recovery_codes_left: u32,
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Passkey {
    pub id: PasskeyId,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub name: Pii<String>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// `POST /api/account/password`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "present"))]
    pub current: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "new_password"))]
    pub new: Pii<String>,
}

/// Reply of `POST /api/account/totp/start`. Nothing is switched on before a code of it was given.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpSecret {
    /// Base32, for typing.
    pub secret: String,
    /// `otpauth://totp/…`, for a QR code.
    pub uri: String,
}

/// `POST /api/account/totp/confirm`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TotpConfirm {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "six_digits"))]
    pub code: Pii<String>,
}

/// Shown once; only hashes are kept.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

/// `POST /api/account/totp/off`. The code may be a recovery code: the device may be the reason.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TotpOff {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "present"))]
    pub password: Pii<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "some_code"))]
    pub code: Pii<String>,
}

/// `POST /api/account/passkeys/finish`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "token"))]
    pub ceremony: Pii<String>,
    /// `PublicKeyCredential.toJSON()`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: Value,
    /// What the owner calls it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "label"))]
    pub name: Pii<String>,
}

/// Reply of `POST /api/account/passkeys/finish`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyAdded {
    pub passkey: Passkey,
    /// With the first second factor only: what opens the account when the device is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovery_codes: Vec<String>,
}

/// `PATCH /api/account/passkeys/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenamePasskey {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[validate(custom(function = "label"))]
    pub name: Pii<String>,
}

/// A code without the blanks and hyphens that people type, in lower case.
pub fn normalise_code(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect()
}

/// Whether a normalised code is one of an authenticator app rather than a recovery code.
pub fn is_totp(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())
}

fn one_of_two(form: &Verify) -> Result<(), ValidationError> {
    if form.password.is_some() == form.code.is_some() {
        return Err(failure("one_of_two", "Give the password or a code."));
    }
    Ok(())
}
fn token(value: &Pii<String>) -> Result<(), ValidationError> {
    match value.reveal().len() {
        1..=64 => Ok(()),
        _ => Err(failure("not_a_token", "Send back what the first step answered.")),
    }
}
fn some_code(value: &Pii<String>) -> Result<(), ValidationError> {
    match value.reveal().len() {
        0 => Err(failure("required", "Enter the code.")),
        1..=64 => Ok(()),
        _ => Err(failure("too_long", "This is longer than any code.")),
    }
}
fn six_digits(value: &Pii<String>) -> Result<(), ValidationError> {
    if is_totp(&normalise_code(value.reveal())) {
        return Ok(());
    }
    Err(failure("six_digits", "Enter the six digits that the app shows."))
}
fn present(value: &Pii<String>) -> Result<(), ValidationError> {
    super::schema::present(value)
}
fn new_password(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::password(value.reveal())
}
fn label(value: &Pii<String>) -> Result<(), ValidationError> {
    validation::name(value.reveal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::validation::field_errors;

    fn codes<T: Validate>(form: &T) -> Vec<String> {
        form.validate().map_or_else(|e| field_errors(&e).iter().map(|f| f.code.clone()).collect(), |()| Vec::new())
    }

    #[test]
    fn a_reply_is_either_a_session_or_a_question() {
        let asked: LoginReply =
            serde_json::from_str(r#"{"second_factor":{"challenge":"c","factors":["totp"],"expires_in":300}}"#).unwrap();
        assert!(matches!(asked.outcome(), Some(LoginOutcome::SecondFactor(s)) if s.factors == [Factor::Totp]));
        assert!(LoginReply::default().outcome().is_none());
        let id = "00000000-0000-0000-0000-000000000001";
        let old = format!(
            r#"{{"access_token":"t","expires_in":900,
                 "me":{{"user_id":"{id}","email":"e","given_name":"g","family_name":"f","language":"en"}}}}"#
        );
        let signed_in: LoginReply = serde_json::from_str(&old).unwrap();
        assert!(matches!(signed_in.outcome(), Some(LoginOutcome::SignedIn(t)) if t.access_token == "t"));
    }

    #[test]
    fn asking_again_takes_a_password_or_a_code() {
        let pii = |s: &str| Some(Pii::new(s.to_owned()));
        assert_eq!(codes(&Verify { password: pii("x"), code: None }), [""; 0]);
        assert_eq!(codes(&Verify { password: None, code: pii("123456") }), [""; 0]);
        assert_eq!(codes(&Verify::default()), ["one_of_two"]);
        assert_eq!(codes(&Verify { password: pii("x"), code: pii("1") }), ["one_of_two"]);
    }

    #[test]
    fn codes_are_told_apart_by_their_form() {
        assert!(is_totp(&normalise_code(" 123 456 ")));
        assert_eq!(normalise_code("ABCD-efgh 1"), "abcdefgh1");
        for other in ["12345", "1234567", "12345a", "１２３４５６"] {
            assert!(!is_totp(&normalise_code(other)), "{other}");
        }
        assert_eq!(codes(&TotpConfirm { code: Pii::new("12345".into()) }), ["six_digits"]);
    }

    #[test]
    fn no_form_prints_its_secrets() {
        let pii = |s: &str| Pii::new(s.to_owned());
        let texts = [
            format!("{:?}", LoginCode { challenge: pii("hidden"), code: pii("hidden") }),
            format!("{:?}", Verify { password: Some(pii("hidden")), code: None }),
            format!("{:?}", ChangePassword { current: pii("hidden"), new: pii("hidden") }),
            format!("{:?}", TotpOff { password: pii("hidden"), code: pii("hidden") }),
        ];
        assert!(texts.iter().all(|t| !t.contains("hidden")), "{texts:?}");
    }
}
