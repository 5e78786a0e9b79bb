//! A state in a word, a picture and a colour: never colour alone.

use super::icon::Icon;
use crate::providers::language::Text;
use leptos::prelude::*;

/// What a state means for the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Busy,
    Bad,
    Off,
}

impl Tone {
    const fn look(self) -> (&'static str, Icon) {
        match self {
            Self::Good => ("chip chip-good", Icon::Check),
            Self::Busy => ("chip chip-busy", Icon::Clock),
            Self::Bad => ("chip chip-bad", Icon::Alert),
            Self::Off => ("chip chip-off", Icon::Skip),
        }
    }
}

/// A state.
#[component]
pub fn StatusChip(tone: Tone, #[prop(into)] label: Text) -> AnyView {
    let (class, icon) = tone.look();
    view! { <span class=class>{icon.view()}<span>{label.view()}</span></span> }.into_any()
}

/// A fact about an offer.
#[component]
pub fn Badge(#[prop(into)] label: Text) -> AnyView {
    view! { <span class="badge">{label.view()}</span> }.into_any()
}
