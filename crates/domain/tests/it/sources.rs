//! Text of files beside this crate, for tests that compare.

use std::path::{Path, PathBuf};

/// A path from the folder of the crates.
pub fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

pub fn text(path: &str) -> String {
    std::fs::read_to_string(beside(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text from one mark to the next other one.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap_or_else(|| panic!("{from} is there")) + from.len();
    let end = text[start..].find(to).unwrap_or_else(|| panic!("{to} follows {from}"));
    &text[start..start + end]
}

/// Everything between two signs of one kind, in order.
pub fn quoted(text: &str, sign: char) -> Vec<String> {
    text.split(sign).skip(1).step_by(2).map(str::to_owned).collect()
}
