//! SOQL text to words.

use super::super::error::SfError;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name, keyword, number, date or date literal: told apart by where it stands.
    Word(String),
    /// A quoted text, escapes resolved. In LIKE patterns `\%` and `\_` keep their backslash.
    Text(String),
    Symbol(&'static str),
}

pub(crate) fn malformed(message: impl Into<String>) -> SfError {
    SfError::bad("MALFORMED_QUERY", message)
}

pub(crate) fn tokens(query: &str) -> Result<Vec<Token>, SfError> {
    let chars: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c.is_whitespace() {
            at += 1;
        } else if c == '\'' {
            let (text, next) = quoted(&chars, at + 1)?;
            tokens.push(Token::Text(text));
            at = next;
        } else if c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-') {
            let start = at;
            while at < chars.len() && (chars[at].is_alphanumeric() || matches!(chars[at], '_' | '.' | ':' | '+' | '-'))
            {
                at += 1;
            }
            tokens.push(Token::Word(chars[start..at].iter().collect()));
        } else {
            let two: String = chars[at..chars.len().min(at + 2)].iter().collect();
            let symbol = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","]
                .into_iter()
                .find(|symbol| two.starts_with(symbol))
                .ok_or_else(|| malformed(format!("line 1:{at} no viable alternative at character '{c}'")))?;
            tokens.push(Token::Symbol(symbol));
            at += symbol.len();
        }
    }
    Ok(tokens)
}

fn quoted(chars: &[char], mut at: usize) -> Result<(String, usize), SfError> {
    let mut text = String::new();
    while let Some(&c) = chars.get(at) {
        match c {
            '\'' => return Ok((text, at + 1)),
            '\\' => {
                let escaped = chars.get(at + 1).copied().ok_or_else(|| malformed("unterminated string literal"))?;
                match escaped.to_ascii_lowercase() {
                    '\'' | '"' | '\\' => text.push(escaped),
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    '%' | '_' => text.extend(['\\', escaped]),
                    _ => {
                        return Err(malformed(format!(
                            "Invalid string literal '\\{escaped}'. Illegal character sequence '\\{escaped}' in string literal"
                        )));
                    }
                }
                at += 2;
            }
            _ => {
                text.push(c);
                at += 1;
            }
        }
    }
    Err(malformed("unterminated string literal"))
}
