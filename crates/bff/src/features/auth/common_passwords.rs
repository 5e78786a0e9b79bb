//! Passwords that are tried first, at least ten characters long, shorter ones being refused anyway: those of the well-known
//! lists, and what guessing programs make of their words (numbers and years behind them, twice the same word, runs along the
//! keyboard). Not a list of stolen passwords.

use crate::error::{ApiError, ApiResult};
use domain::FieldError;

use std::collections::HashSet;
use std::sync::LazyLock;

/// Lower case, one a line, sorted.
const LIST: &str = include_str!("common_passwords.txt");

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| LIST.lines().collect());

/// Whether a password is on the list, whatever its case and whatever blanks surround it.
pub(crate) fn contains(password: &str) -> bool {
    WORDS.contains(password.trim().to_lowercase().as_str())
}

/// A new password must not be on the list.
///
/// # Errors
/// 422 `password_common` at `pointer`.
pub(crate) fn refuse(password: &str, pointer: &str) -> ApiResult<()> {
    if contains(password) {
        let detail = "This password is among the first that are tried. Choose another one.";
        return Err(ApiError::invalid(vec![FieldError::new(pointer, "password_common", detail)]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_and_only_of_use() {
        let words: Vec<&str> = LIST.lines().collect();
        // OWASP ASVS 5.0 6.2.4 asks for 3,000 that keep our own rules.
        assert!(words.len() >= 3_000, "{}", words.len());
        assert!(words.is_sorted_by(|a, b| a < b), "sorted, each once");
        for word in &words {
            assert!(domain::common::validation::password(word).is_ok(), "{word} is refused by length anyway");
            assert_eq!(*word, word.to_lowercase());
        }
    }

    #[test]
    fn case_does_not_hide_a_common_password() {
        assert!(contains("Password123"));
        assert!(contains(" qwertyuiop "));
        for common in ["1111111111", "iloveyou123", "Summer2024", "qwertyqwerty", "1q2w3e4r5t6y"] {
            assert!(contains(common), "{common}");
        }
        assert!(!contains("four plain words here"));
    }
}
