//! Rules for single fields, and the step from `validator`'s errors to [`FieldError`]s with JSON pointers.
//!
//! `validator`'s own `email`, `url` and `regex` rules are not used: they pull 360 kB of tables into the browser.

use crate::common::problem::FieldError;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// All failures of a checked value, each with the JSON pointer of its field.
pub fn field_errors(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    collect(errors, "", &mut found);
    found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    found
}

fn collect(errors: &ValidationErrors, at: &str, found: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        // A rule of the whole value reports itself under `__all__`; a rule may also name a deeper field in `pointer`.
        let pointer = if field == "__all__" { format!("{at}/") } else { format!("{at}/{field}") };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &pointer, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{pointer}/{index}"), found);
                }
            }
            ValidationErrorsKind::Field(list) => found.extend(list.iter().map(|e| {
                let detail = e.message.as_deref().unwrap_or("This value is not accepted.").to_owned();
                FieldError::new(pointer.clone(), e.code.as_ref(), detail)
            })),
        }
    }
}

/// A failed rule with its stable code and an English sentence that says what to do.
pub fn failure(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

/// A mail address that a mail server could take: one `@`, a dotted host, no white space, at most 254 characters.
/// Whether it exists is shown by the mail that we send, not by a pattern.
pub fn email(value: &str) -> Result<(), ValidationError> {
    let fine = value.len() <= 254
        && value.split_once('@').is_some_and(|(local, host)| {
            (1..=64).contains(&local.len())
                && !host.contains('@')
                && host.contains('.')
                && host.split('.').all(|label| {
                    !label.is_empty()
                        && !label.starts_with('-')
                        && !label.ends_with('-')
                        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                })
        })
        && !value.chars().any(|c| c.is_whitespace() || c.is_control());
    if fine { Ok(()) } else { Err(failure("email", "Enter a mail address such as name@example.com.")) }
}

/// 10 to 128 characters (OWASP ASVS 5.0 6.2.1 and 6.2.9: at least 8, at least 64 allowed); no composition rules.
pub fn password(value: &str) -> Result<(), ValidationError> {
    match value.chars().count() {
        0..10 => Err(failure("password_short", "Use at least 10 characters.")),
        129.. => Err(failure("password_long", "Use at most 128 characters.")),
        _ => Ok(()),
    }
}

/// Not blank, at most 40 characters, no control characters (Salesforce `Contact.FirstName` holds 40).
pub fn name(value: &str) -> Result<(), ValidationError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(failure("required", "Fill in this field."));
    }
    if value.chars().count() > 40 {
        return Err(failure("too_long", "Use at most 40 characters."));
    }
    if value.chars().any(char::is_control) {
        return Err(failure("not_text", "Remove line breaks and control characters."));
    }
    Ok(())
}

/// Not blank, at most 100 characters, no control characters.
pub fn line(value: &str) -> Result<(), ValidationError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(failure("required", "Fill in this field."));
    }
    optional_line(value)
}

/// Like [`line`], and may be empty.
pub fn optional_line(value: &str) -> Result<(), ValidationError> {
    if value.chars().count() > 100 {
        return Err(failure("too_long", "Use at most 100 characters."));
    }
    if value.chars().any(char::is_control) {
        return Err(failure("not_text", "Remove line breaks and control characters."));
    }
    Ok(())
}

/// Japanese postcode, with or without the hyphen: `100-0001`.
pub fn postcode(value: &str) -> Result<(), ValidationError> {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let rest = value.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    if digits == 7 && (rest.is_empty() || rest == "-") {
        Ok(())
    } else {
        Err(failure("postcode", "Enter seven digits, such as 100-0001."))
    }
}

/// Japanese phone number: 10 or 11 digits beginning with 0; spaces and hyphens are ignored.
pub fn phone(value: &str) -> Result<(), ValidationError> {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let clean = value.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' ');
    if clean && (10..=11).contains(&digits.len()) && digits.starts_with('0') {
        Ok(())
    } else {
        Err(failure("phone", "Enter a phone number such as 03-0000-0000."))
    }
}

/// eSIM identifier: 32 digits (GSMA SGP.22), spaces ignored. The last two are ISO 7064 mod 97 check digits (SGP.02).
pub fn eid(value: &str) -> Result<(), ValidationError> {
    let digits: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let well_formed = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit());
    let remainder = digits.bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b.wrapping_sub(b'0'))) % 97);
    if well_formed && remainder == 1 {
        Ok(())
    } else {
        Err(failure("eid", "Enter the 32 digits of the EID. You find it in the phone's settings, or dial *#06#."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses() {
        for good in ["a@example.com", "mika.sato+portal@mail.example.co.jp", "x@例え.jp"] {
            assert!(email(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@example.com", "a@b", "a@@example.com", "a b@example.com", "a@example..com", "a@-x.com"] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_eid_with_a_typing_error_is_refused() {
        assert!(eid("89049032004008882600000000000021").is_err());
        // Check digits by ISO 7064: 98 - (30 digits followed by 00) mod 97.
        let body = "890490320040088826000000000000";
        let remainder = format!("{body}00").bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
        let good = format!("{body}{:02}", 98 - remainder);
        assert!(eid(&good).is_ok());
        assert!(eid(&good.replacen('9', "8", 1)).is_err());
        assert!(eid(&format!("{} {}", &good[..16], &good[16..])).is_ok());
    }

    #[test]
    fn postcodes_and_phones() {
        assert!(postcode("100-0001").is_ok() && postcode("1000001").is_ok());
        assert!(postcode("100-001").is_err() && postcode("100_0001").is_err());
        assert!(phone("03-0000-0000").is_ok() && phone("+81300000000").is_err());
    }
}
