//! Passwords that are tried first: the part of the well-known lists that is at least ten characters long, shorter ones
//! being refused anyway.

/// Lower case, separated by white space.
const LIST: &str = include_str!("common_passwords.txt");

/// Whether a password is on the list, whatever its case and whatever blanks surround it.
pub(crate) fn contains(password: &str) -> bool {
    let wanted = password.trim().to_lowercase();
    LIST.split_ascii_whitespace().any(|common| common == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_and_only_of_use() {
        let words: Vec<&str> = LIST.split_ascii_whitespace().collect();
        assert!(words.len() >= 200, "{}", words.len());
        for word in &words {
            assert!(domain::common::validation::password(word).is_ok(), "{word} is refused by length anyway");
            assert_eq!(*word, word.to_lowercase());
        }
    }

    #[test]
    fn case_does_not_hide_a_common_password() {
        assert!(contains("Password123"));
        assert!(contains(" qwertyuiop "));
        assert!(!contains("four plain words here"));
    }
}
