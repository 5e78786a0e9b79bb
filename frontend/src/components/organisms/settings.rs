//! Language and theme: one press each, on every page at the same place.

use crate::components::ui::button::IconButton;
use crate::components::ui::icon::Icon;
use crate::providers::language::{Tr, choose, language, now};
use crate::providers::theme::{Theme, ThemeChoice};
use crate::providers::toasts::use_toasts;
use crate::shared::utils::fill::fill;
use crate::tr;
use domain::common::text::Language;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Goes to the other language; the button is written in that language.
#[component]
pub fn LanguageButton() -> AnyView {
    let other = move || match language() {
        Language::En => Language::Ja,
        Language::Ja => Language::En,
    };
    // Each language is named in itself, so these two words are the same in both.
    let (tag, name) = (
        move || if other() == Language::Ja { "ja" } else { "en" },
        move || if other() == Language::Ja { "日本語" } else { "English" },
    );
    let toasts = use_toasts();
    let pending = RwSignal::new(false);
    let change = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            if choose(untrack(other)).await.is_err() {
                toasts.say(tr!(common.language_missing));
            }
            pending.try_set(false);
        });
    };
    view! {
        <button type="button" class="text-btn" lang=tag aria-busy=move || pending.get().then_some("true") on:click=change>
            {Icon::Globe.view()} <span class="language-name">{name}</span>
        </button>
    }
    .into_any()
}

/// Words and picture of a theme.
const fn theme_look(theme: Theme) -> (Tr, Icon) {
    match theme {
        Theme::System => (tr!(theme.system), Icon::Device),
        Theme::Light => (tr!(theme.light), Icon::Sun),
        Theme::Dark => (tr!(theme.dark), Icon::Moon),
    }
}

/// Goes round the themes; its name says which one is on.
#[component]
pub fn ThemeButton() -> AnyView {
    let choice: ThemeChoice = expect_context();
    let label = Signal::derive(move || fill(now(tr!(theme.now)), &[("theme", now(theme_look(choice.get()).0))]));
    view! {
        <IconButton label=label icon=Signal::derive(move || theme_look(choice.get()).1)
            on_press=Callback::new(move |()| choice.choose(untrack(|| choice.get()).next()))/>
    }
    .into_any()
}
