//! PHP's `serialize()` for the one shape that WHMCS takes: a map from field id to text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// `customfields`: base64 of `a:N:{i:5;s:LEN:"text";…}`, with lengths in bytes of UTF-8.
pub(super) fn custom_fields(values: &[(u64, &str)]) -> String {
    STANDARD.encode(serialize(values))
}

fn serialize(values: &[(u64, &str)]) -> String {
    let mut out = format!("a:{}:{{", values.len());
    for (id, value) in values {
        // Writing to a String cannot fail.
        let _ = write!(out, "i:{id};s:{}:\"{value}\";", value.len());
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_bytes() {
        assert_eq!(serialize(&[(5, "07012345678")]), r#"a:1:{i:5;s:11:"07012345678";}"#);
        assert_eq!(serialize(&[(1, "佐藤"), (2, "")]), "a:2:{i:1;s:6:\"佐藤\";i:2;s:0:\"\";}");
        assert_eq!(serialize(&[(1, "a\";i:9;s:1:\"x")]), "a:1:{i:1;s:13:\"a\";i:9;s:1:\"x\";}");
        assert_eq!(custom_fields(&[(1, "C-100001")]), STANDARD.encode("a:1:{i:1;s:8:\"C-100001\";}"));
    }
}
