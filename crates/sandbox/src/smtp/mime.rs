//! Reads as much of a mail as a person wants to see: the subject and the plain text (RFC 2045 to 2047).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a person reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) subject: String,
    pub(super) text: String,
}

pub(super) fn read(bytes: &[u8]) -> Read {
    let whole = String::from_utf8_lossy(bytes);
    let (head, _) = split(&whole);
    Read { subject: words(&field(head, "subject").unwrap_or_default()), text: plain(&whole, 0).unwrap_or_default() }
}

/// Head and body of a mail or of a part.
fn split(part: &str) -> (&str, &str) {
    part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n")).unwrap_or((part, ""))
}

/// A field of a head, unfolded.
fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head
        .lines()
        .skip_while(|line| !line.split_once(':').is_some_and(|(field, _)| field.trim().eq_ignore_ascii_case(name)));
    let mut value = lines.next()?.split_once(':')?.1.trim().to_owned();
    for more in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(more.trim());
    }
    Some(value)
}

/// The first plain text of a part. Parts within parts are looked at a few levels deep.
fn plain(part: &str, depth: u8) -> Option<String> {
    let (head, body) = split(part);
    let kind = field(head, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    if kind.to_ascii_lowercase().starts_with("multipart/") && depth < 4 {
        let boundary = parameter(&kind, "boundary")?;
        return body.split(&format!("--{boundary}")).skip(1).find_map(|part| plain(part.trim_start(), depth + 1));
    }
    if !kind.to_ascii_lowercase().starts_with("text/plain") {
        return None;
    }
    let bytes = match field(head, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase().as_str() {
        "base64" => {
            let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            STANDARD.decode(packed).ok()?
        }
        "quoted-printable" => quoted(body, false),
        _ => body.as_bytes().to_vec(),
    };
    Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim_end().to_owned())
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Quoted-printable; in a head `_` is a blank.
fn quoted(text: &str, head: bool) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'=' => {
                let rest = &bytes[at..];
                if rest.starts_with(b"\r\n") {
                    at += 2;
                } else if rest.starts_with(b"\n") {
                    at += 1;
                } else if let Some(code) = rest.get(..2).and_then(|hex| std::str::from_utf8(hex).ok())
                    && let Ok(code) = u8::from_str_radix(code, 16)
                {
                    out.push(code);
                    at += 2;
                } else {
                    out.push(b'=');
                }
            }
            b'_' if head => out.push(b' '),
            other => out.push(*other),
        }
    }
    out
}

/// Undoes `=?utf-8?b?…?=`. Blanks between two encoded words belong to neither.
fn words(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let mut parts = from[2..].splitn(4, '?');
        let (charset, kind, packed, tail) = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(_), Some(kind), Some(packed), Some(tail)) = (charset, kind, packed, tail) else { break };
        let Some(tail) = tail.strip_prefix('=') else { break };
        if !(after_word && before.trim().is_empty()) {
            out.extend_from_slice(before.as_bytes());
        }
        match kind.to_ascii_lowercase().as_str() {
            "b" => out.extend(STANDARD.decode(packed).unwrap_or_default()),
            _ => out.extend(quoted(packed, true)),
        }
        (rest, after_word) = (tail, true);
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_of_two_parts_is_read_as_its_plain_text() {
        let mail = "Subject: =?utf-8?b?44GT44KT?= =?utf-8?q?_a=3Db?=\r\n more\r\n\
            Content-Type: multipart/alternative;\r\n boundary=\"x y\"\r\n\r\n--x y\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            =E3=81=93=\r\n=E3=82=93 https://a.example/#tok=\r\nen=3D1\r\n\r\n--x y\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--x y--\r\n";
        let read = read(mail.as_bytes());
        assert_eq!(read.subject, "こん a=b more");
        assert_eq!(read.text, "こん https://a.example/#token=1");
    }

    #[test]
    fn odd_mails_are_read_without_an_end_of_the_world() {
        for odd in [
            "",
            "\r\n\r\n",
            "Subject:",
            "Subject: =?utf-8?b?",
            "Content-Type: multipart/x\r\n\r\nbody",
            "a=\r\n\r\n=Z=",
        ] {
            read(odd.as_bytes());
        }
        assert_eq!(read(b"Subject: hello\n\nfirst\nsecond\n").text, "first\nsecond");
        let packed = "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n44GT\r\n44KT\r\n";
        assert_eq!(read(packed.as_bytes()).text, "こん");
    }
}
