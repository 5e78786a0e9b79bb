//! PHP's `serialize()` format, as far as custom fields use it: one array of scalars.

/// Reads base64 of a serialized array into key and value texts; `None` when it is anything else.
pub(crate) fn decode_map(base64: &str) -> Option<Vec<(String, String)>> {
    use base64::Engine;
    // A `+` of base64 that a sloppy client did not escape arrives as a blank.
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64.trim().replace(' ', "+")).ok()?;
    let mut reader = Reader { bytes: &bytes, at: 0 };
    let entries = reader.array()?;
    (reader.at == bytes.len()).then_some(entries)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, expected: &[u8]) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        rest.starts_with(expected).then(|| self.at += expected.len())
    }

    fn until(&mut self, end: u8) -> Option<&str> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|b| *b == end)?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).ok()
    }

    fn array(&mut self) -> Option<Vec<(String, String)>> {
        self.take(b"a:")?;
        let count: usize = self.until(b':')?.parse().ok()?;
        self.take(b"{")?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push((self.scalar()?, self.scalar()?));
        }
        self.take(b"}")?;
        Some(entries)
    }

    fn scalar(&mut self) -> Option<String> {
        match self.bytes.get(self.at)? {
            b'i' | b'd' => {
                self.at += 1;
                self.take(b":")?;
                let text = self.until(b';')?;
                text.parse::<f64>().ok()?;
                Some(text.to_owned())
            }
            b'b' => {
                self.take(b"b:")?;
                match self.until(b';')? {
                    "1" => Some("1".to_owned()),
                    "0" => Some(String::new()),
                    _ => None,
                }
            }
            b'N' => self.take(b"N;").map(|()| String::new()),
            b's' => {
                self.take(b"s:")?;
                // The length counts bytes of UTF-8, not characters.
                let length: usize = self.until(b':')?.parse().ok()?;
                self.take(b"\"")?;
                let end = self.at.checked_add(length)?;
                let text = std::str::from_utf8(self.bytes.get(self.at..end)?).ok()?.to_owned();
                self.at = end;
                self.take(b"\";")?;
                Some(text)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;

    fn decode(serialized: &str) -> Option<Vec<(String, String)>> {
        decode_map(&base64::engine::general_purpose::STANDARD.encode(serialized))
    }

    #[test]
    fn maps_of_field_ids_are_read() {
        let entries = decode("a:3:{i:7;s:11:\"07001000001\";s:1:\"8\";s:6:\"日本\";i:9;b:1;}").unwrap();
        assert_eq!(
            entries,
            [("7".into(), "07001000001".into()), ("8".into(), "日本".into()), ("9".to_owned(), "1".to_owned())]
        );
        assert_eq!(decode("a:0:{}"), Some(Vec::new()));
    }

    #[test]
    fn wrong_lengths_and_other_values_are_refused() {
        // Two characters, six bytes: a length in characters is the classic mistake.
        assert_eq!(decode("a:1:{i:8;s:2:\"日本\";}"), None);
        assert_eq!(decode("a:2:{i:8;s:1:\"x\";}"), None);
        assert_eq!(decode("O:8:\"stdClass\":0:{}"), None);
        assert_eq!(decode("a:1:{i:8;s:99999999999999999999:\"x\";}"), None);
        assert_eq!(decode_map("%%%"), None);
    }
}
