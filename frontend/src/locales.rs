//! The texts of `locales/*.json` as typed keys: a key that is missing in a language does not compile.

#![expect(
    deprecated,
    reason = "the successor leptos_i18n_build compiles the whole ICU data tool chain for nothing we use"
)]

leptos_i18n::load_locales!();
pub use i18n::*;
