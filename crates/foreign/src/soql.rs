use integrations::salesforce::soql::{FieldName, Soql, chunks};

/// Values of queries, separated by zero bytes: whatever they are, they come back as values.
pub fn soql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let query = Soql::new("").text(text);
    assert_eq!(literal(query.as_str()), Some((text.to_owned(), "")), "a value breaks out");
    let search = Soql::new("").containing(text);
    assert!(literal(search.as_str()).is_some_and(|(_, rest)| rest.is_empty()), "a search breaks out");
    let values: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let mut read = Vec::new();
    for some in chunks(&values) {
        let query = Soql::new("").is_one_of("Name", some);
        let mut rest = query.as_str().strip_prefix("Name IN (").expect("a list");
        loop {
            let (value, after) = literal(rest).expect("a literal");
            read.push(value);
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => break assert_eq!(after, ")", "a list breaks out"),
            }
        }
    }
    assert_eq!(read, values, "a list loses values");
    if FieldName::new(text).is_some() {
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.'), "a name that is none");
    }
}

/// A literal as Salesforce reads it, with its escapes, and what follows it. Written without the builder.
fn literal(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('\'')?;
    let mut value = String::new();
    let mut signs = inner.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\'' => return Some((value, &inner[at + 1..])),
            '\\' => value.push(match signs.next()?.1 {
                'n' | 'N' => '\n',
                'r' | 'R' => '\r',
                't' | 'T' => '\t',
                'b' | 'B' => '\u{8}',
                'f' | 'F' => '\u{c}',
                same @ ('\'' | '"' | '\\' | '%' | '_') => same,
                _ => return None,
            }),
            plain => value.push(plain),
        }
    }
    None
}
