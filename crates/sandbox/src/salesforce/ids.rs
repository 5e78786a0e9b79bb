//! Record ids: 15 characters that mind case, or 18 that do not.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SUFFIX: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// Appends the three check letters: each names which of five characters are upper case.
pub(crate) fn to_18(id15: &str) -> String {
    let mut id = id15.to_owned();
    for block in id15.as_bytes().chunks(5) {
        let bits = block.iter().enumerate().fold(0, |bits, (at, c)| bits | usize::from(c.is_ascii_uppercase()) << at);
        id.push(char::from(SUFFIX[bits]));
    }
    id
}

/// Both forms to 18 characters with the right case; `None` when it is not an id.
pub(crate) fn normalize(id: &str) -> Option<String> {
    if !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    match id.len() {
        15 => Some(to_18(id)),
        18 => {
            // The suffix says which letters are upper case, whatever happened to the case on the way.
            let (body, suffix) = id.split_at(15);
            let mut fixed = String::with_capacity(18);
            for (block, letter) in body.as_bytes().chunks(5).zip(suffix.bytes()) {
                let bits = SUFFIX.iter().position(|s| *s == letter.to_ascii_uppercase())?;
                for (at, c) in block.iter().enumerate() {
                    fixed.push(char::from(if bits >> at & 1 == 1 {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }));
                }
            }
            Some(to_18(&fixed))
        }
        _ => None,
    }
}

/// The id of the n-th record of an object.
pub(crate) fn make(prefix: &str, mut n: u64) -> String {
    let mut tail = [b'0'; 8];
    for digit in tail.iter_mut().rev() {
        *digit = BASE62[(n % 62) as usize];
        n /= 62;
    }
    to_18(&format!("{prefix}5j00{}", String::from_utf8_lossy(&tail)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_follows_the_published_rule() {
        // Known pairs from public documentation of the rule.
        assert_eq!(to_18("0013000000B7DPR"), "0013000000B7DPRAA3");
        assert_eq!(to_18("00D000000000062"), "00D000000000062EAA");
    }

    #[test]
    fn a_lost_case_is_repaired_from_the_suffix() {
        let id = to_18("001A0000006Vm9r");
        assert_eq!(normalize(&id.to_uppercase()), Some(id.clone()));
        assert_eq!(normalize("001A0000006Vm9r"), Some(id));
        assert_eq!(normalize("not-an-id"), None);
        assert_eq!(normalize("001A000000"), None);
    }

    #[test]
    fn made_ids_are_unique_and_have_the_prefix() {
        let (a, b) = (make("801", 61), make("801", 62));
        assert!(a.starts_with("801") && a.len() == 18 && a != b);
    }
}
