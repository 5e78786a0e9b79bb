//! The chosen language and the typed texts. Choosing keeps the page and everything typed, because every text is read
//! through one signal.
//!
//! A text is a [`Tr`], made by [`tr!`](crate::tr) from a key that the compiler checks in the locale files, or by
//! [`w!`](crate::w) from words that stand beside their use, in pages that are fetched by themselves.

use crate::locales;
#[cfg(feature = "split")]
use crate::locales::Part;
use crate::shared::utils::{browser, storage};
use domain::common::text::Language;
use leptos::prelude::*;
use std::sync::LazyLock;

/// A text in every language.
#[derive(Clone, Copy)]
pub enum Tr {
    /// Its number in the locale files.
    Key(u16),
    /// Words of a page's own.
    Own(fn(Language) -> &'static str),
}

impl Tr {
    /// The text in a language.
    pub fn get(self, language: Language) -> &'static str {
        match self {
            Self::Key(number) => locales::get(language, number),
            Self::Own(words) => words(language),
        }
    }
}

const STORED_AS: &str = "portal.language";
static LANGUAGE: LazyLock<ArcRwSignal<Language>> = LazyLock::new(|| ArcRwSignal::new(first_choice()));

/// A typed key as a [`Tr`].
#[macro_export]
macro_rules! tr {
    ($group:ident.$name:ident) => {
        $crate::locales::keys::$group::$name
    };
}

/// A typed key as a reactive text for a view or an attribute.
#[macro_export]
macro_rules! t {
    ($group:ident.$name:ident) => {
        $crate::providers::language::text($crate::tr!($group.$name))
    };
}

/// A text in both languages as a [`Tr`]; leaving one out does not compile. For pages that the first load does not hold.
#[macro_export]
macro_rules! w {
    ($en:literal, $ja:literal) => {
        $crate::providers::language::Tr::Own(|language| match language {
            domain::common::text::Language::En => $en,
            domain::common::text::Language::Ja => $ja,
        })
    };
}

/// The language, tracked.
pub fn language() -> Language {
    LANGUAGE.get()
}
/// BCP 47 tag for `Intl`, tracked: day before month and 24 hours in English, as Japan counts.
pub fn tag() -> &'static str {
    match language() {
        Language::En => "en-GB",
        Language::Ja => "ja",
    }
}
/// A reactive view of a text.
pub fn text(tr: Tr) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    move || now(tr)
}
/// The text now, tracked.
pub fn now(tr: Tr) -> &'static str {
    tr.get(language())
}

/// The texts of a language could not be fetched.
#[derive(Debug)]
pub struct Missing;

/// Changes the language as soon as its texts are there, remembers it and follows with `<html lang>`.
///
/// # Errors
/// [`Missing`]: then everything stays as it was.
pub async fn choose(language: Language) -> Result<(), Missing> {
    #[cfg(feature = "split")]
    fetching::all_in(language).await?;
    storage::local().set(STORED_AS, tag_of(language));
    LANGUAGE.set(language);
    browser::set_root_attribute("lang", tag_of(language));
    Ok(())
}

/// Sets `<html lang>` at start, and waits for the texts of the first page. Asks again until they are there: nothing can be
/// said without them.
pub async fn start() {
    browser::set_root_attribute("lang", tag_of(untrack(language)));
    #[cfg(feature = "split")]
    {
        let mut backoff = crate::shared::utils::backoff::Backoff::new(500, 10_000);
        while fetching::one(untrack(language), Part::First).await.is_err() {
            gloo_timers::future::TimeoutFuture::new(backoff.pause_ms(browser::dice())).await;
        }
    }
}

/// The texts of the pages that are fetched when they are opened.
///
/// # Errors
/// [`Missing`].
#[cfg(feature = "split")]
pub async fn later() -> Result<(), Missing> {
    fetching::one(untrack(language), Part::Later).await
}

#[cfg(feature = "split")]
mod fetching {
    use super::{Language, Missing, tag_of};
    use crate::locales::{self, Part};
    use leptos::prelude::document;

    /// Everything of a language that this page has in another one.
    pub async fn all_in(language: Language) -> Result<(), Missing> {
        one(language, Part::First).await?;
        if [Language::En, Language::Ja].into_iter().any(|other| locales::has(other, Part::Later)) {
            one(language, Part::Later).await?;
        }
        Ok(())
    }

    /// One file, unless it is there. The build writes the beginning of its address on the page.
    pub async fn one(language: Language, part: Part) -> Result<(), Missing> {
        if locales::has(language, part) {
            return Ok(());
        }
        let before = document().document_element().and_then(|root| root.get_attribute("data-texts")).ok_or(Missing)?;
        let name = if part == Part::First { "first" } else { "later" };
        let address = [&before, tag_of(language), "-", name, ".txt"].concat();
        let answer = gloo_net::http::Request::get(&address).send().await.map_err(|_| Missing)?;
        let file = answer.text().await.map_err(|_| Missing)?;
        if answer.ok() && locales::accept(language, part, file) { Ok(()) } else { Err(Missing) }
    }
}

const fn tag_of(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ja => "ja",
    }
}

/// The stored choice, else the browser's first language that we have, else English. `public/theme.js` decides the same.
fn first_choice() -> Language {
    let stored = storage::local().get(STORED_AS);
    match stored.as_deref().unwrap_or(&browser::preferred_language()) {
        tag if tag.starts_with("ja") => Language::Ja,
        _ => Language::En,
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
