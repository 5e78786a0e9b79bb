//! Recovery codes: ten at a time, shown once, each good once. With 120 random bits a plain hash keeps them (OWASP ASVS 5.0
//! 6.5.2 asks for a slow one below 112).

use super::super::service::random_secret;
use crate::error::ApiResult;
use domain::auth::sign_in::normalise_code;
use sha2::{Digest as _, Sha256};

const HOW_MANY: usize = 10;
/// Characters of a code without its hyphens, five bits each.
const CHARACTERS: usize = 24;
/// Crockford's base 32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// New codes as they are shown, and what is kept of them.
pub(crate) fn new_codes() -> ApiResult<(Vec<String>, Vec<Vec<u8>>)> {
    let codes = (0..HOW_MANY).map(|_| new_code()).collect::<ApiResult<Vec<_>>>()?;
    let hashes = codes.iter().map(|code| hash(&normalise_code(code))).collect();
    Ok((codes, hashes))
}

fn new_code() -> ApiResult<String> {
    let random = random_secret()?;
    let mut code = String::with_capacity(CHARACTERS + 3);
    for (at, byte) in random.iter().take(CHARACTERS).enumerate() {
        if at > 0 && at % 6 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32: each character is as likely as any other.
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(code)
}

/// What is stored of a normalised code.
pub(crate) fn hash(code: &str) -> Vec<u8> {
    // As people read them: the alphabet has neither `o`, `i` nor `l`.
    let read: String = code
        .chars()
        .map(|c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    Sha256::digest(read.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::sign_in::is_totp;
    use std::collections::HashSet;

    #[test]
    fn codes_are_many_long_and_different() {
        let (codes, hashes) = new_codes().unwrap();
        assert_eq!((codes.len(), hashes.iter().collect::<HashSet<_>>().len()), (10, 10));
        for code in &codes {
            assert_eq!(code.len(), 27, "{code}");
            assert!(!is_totp(&normalise_code(code)));
        }
    }

    #[test]
    fn a_code_may_be_typed_as_it_is_read() {
        let typed = normalise_code(" O1abcd EFGHjk mnpqrs tvwxyZ");
        assert_eq!(hash(&typed), hash(&normalise_code("01abcd-efghjk-mnpqrs-tvwxyz")));
        assert_eq!(hash(&normalise_code("lI")), hash("11"));
    }
}
