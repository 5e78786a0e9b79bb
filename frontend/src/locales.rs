//! The texts of `locales/*.json` as typed keys: a key that is missing does not compile. In a release the texts themselves
//! are files that are fetched, one language at a time; without the feature `split` they are part of the client.

use domain::common::text::Language;
use std::sync::OnceLock;

mod texts {
    #![expect(non_upper_case_globals, reason = "keys are spelled as in the locale files")]
    #![cfg_attr(feature = "split", expect(dead_code, reason = "of the texts only the number is used"))]
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}
pub use texts::keys;

/// Which file of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything that the first page can show.
    First,
    /// All pages that are fetched when they are opened.
    Later,
}

const FIRST: usize = texts::FIRST_EN.len();
#[cfg(feature = "split")]
const LATER: usize = texts::LATER_EN.len();

type Table = OnceLock<Box<[&'static str]>>;
/// English and Japanese, first and later.
static TABLES: [[Table; 2]; 2] = [[Table::new(), Table::new()], [Table::new(), Table::new()]];

fn table(language: Language, part: Part) -> &'static Table {
    let tables = match language {
        Language::En => &TABLES[0],
        Language::Ja => &TABLES[1],
    };
    match part {
        Part::First => &tables[0],
        Part::Later => &tables[1],
    }
}

/// The text with this number; nothing while its file is on the way.
pub fn get(language: Language, number: u16) -> &'static str {
    let number = usize::from(number);
    let (part, index) = if number < FIRST { (Part::First, number) } else { (Part::Later, number - FIRST) };
    #[cfg(not(feature = "split"))]
    table(language, part).get_or_init(|| built_in(language, part));
    table(language, part).get().and_then(|texts| texts.get(index)).copied().unwrap_or_default()
}

#[cfg(not(feature = "split"))]
fn built_in(language: Language, part: Part) -> Box<[&'static str]> {
    match (language, part) {
        (Language::En, Part::First) => Box::new(texts::FIRST_EN),
        (Language::En, Part::Later) => Box::new(texts::LATER_EN),
        (Language::Ja, Part::First) => Box::new(texts::FIRST_JA),
        (Language::Ja, Part::Later) => Box::new(texts::LATER_JA),
    }
}

/// Whether the file of a language is there.
#[cfg(feature = "split")]
pub fn has(language: Language, part: Part) -> bool {
    table(language, part).get().is_some()
}

/// Takes a fetched file, one text on each line, sorted by key. False when it is not the file of this release.
#[cfg(feature = "split")]
pub fn accept(language: Language, part: Part, file: String) -> bool {
    let texts: Box<[&'static str]> = String::leak(file).lines().collect();
    let fits = texts.len() == if part == Part::First { FIRST } else { LATER };
    if fits {
        // A second answer to the same question is the same file.
        let _ = table(language, part).set(texts);
    }
    fits
}
