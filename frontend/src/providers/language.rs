//! The chosen language and the typed texts. Choosing keeps the page and everything typed, because every text is read
//! through one signal.
//!
//! A text is a function from locale to sentence ([`Tr`]), made by [`tr!`](crate::tr) from a key that the compiler checks
//! in both locale files. One function type for all texts keeps the generated code small.

use crate::locales::Locale;
use crate::shared::utils::{browser, storage};
use domain::common::text::Language;
use leptos::prelude::*;
use std::sync::LazyLock;

/// A text in every language.
pub type Tr = fn(Locale) -> &'static str;

const STORED_AS: &str = "portal.language";
static LOCALE: LazyLock<ArcRwSignal<Locale>> = LazyLock::new(|| ArcRwSignal::new(first_choice()));

/// A typed key as a [`Tr`].
#[macro_export]
macro_rules! tr {
    ($($key:tt)+) => {
        ((|locale: $crate::locales::Locale| leptos_i18n::td_string!(locale, $($key)+)) as $crate::providers::language::Tr)
    };
}

/// A typed key as a reactive text for a view or an attribute.
#[macro_export]
macro_rules! t {
    ($($key:tt)+) => { $crate::providers::language::text($crate::tr!($($key)+)) };
}

/// The locale, tracked.
pub fn locale() -> Locale {
    LOCALE.get()
}
/// The language as the API names it, tracked.
pub fn language() -> Language {
    match locale() {
        Locale::en => Language::En,
        Locale::ja => Language::Ja,
    }
}
/// BCP 47 tag for `Intl`, tracked: day before month and 24 hours in English, as Japan counts.
pub fn tag() -> &'static str {
    match locale() {
        Locale::en => "en-GB",
        Locale::ja => "ja",
    }
}
/// A reactive view of a text.
pub fn text(tr: Tr) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    move || tr(locale())
}
/// The text now, tracked.
pub fn now(tr: Tr) -> &'static str {
    tr(locale())
}

/// Changes the language, remembers it and follows with `<html lang>`.
pub fn choose(language: Language) {
    storage::local().set(STORED_AS, tag_of(language));
    LOCALE.set(match language {
        Language::En => Locale::en,
        Language::Ja => Locale::ja,
    });
    browser::set_root_attribute("lang", tag_of(language));
}

/// Sets `<html lang>` at start.
pub fn apply() {
    browser::set_root_attribute("lang", tag_of(untrack(language)));
}

const fn tag_of(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ja => "ja",
    }
}

/// The stored choice, else the browser's first language that we have, else English.
fn first_choice() -> Locale {
    let stored = storage::local().get(STORED_AS);
    match stored.as_deref().unwrap_or(&browser::preferred_language()) {
        tag if tag.starts_with("ja") => Locale::ja,
        _ => Locale::en,
    }
}

/// A text that a component takes: a typed key, a value that changes, or a fixed value such as a name.
#[derive(Clone)]
pub enum Text {
    Key(Tr),
    Live(Signal<String>),
    Fixed(std::sync::Arc<str>),
}

impl Text {
    /// The text now, tracked.
    pub fn get(&self) -> String {
        match self {
            Self::Key(tr) => now(*tr).to_owned(),
            Self::Live(signal) => signal.get(),
            Self::Fixed(text) => text.as_ref().to_owned(),
        }
    }
    /// A reactive view.
    pub fn view(&self) -> impl Fn() -> String + Clone + Send + Sync + 'static + use<> {
        let text = self.clone();
        move || text.get()
    }
}
impl From<Tr> for Text {
    fn from(tr: Tr) -> Self {
        Self::Key(tr)
    }
}
impl From<Signal<String>> for Text {
    fn from(signal: Signal<String>) -> Self {
        Self::Live(signal)
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Fixed(text.into())
    }
}

/// An operator's text in the chosen language, tracked.
pub fn local(text: &domain::common::text::LocalText) -> String {
    text.get(language()).to_owned()
}
