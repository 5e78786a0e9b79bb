//! The browser's own list to choose from.

use crate::providers::language::{Text, Tr};
use leptos::prelude::*;

/// A native select with few fixed choices.
#[component]
pub fn Select(
    id: &'static str,
    #[prop(into)] label: Text,
    /// Stored value and its words.
    choices: Vec<(&'static str, Tr)>,
    #[prop(into)] chosen: Signal<&'static str>,
    on_choose: Callback<String>,
) -> AnyView {
    let option = move |(value, words): (&'static str, Tr)| {
        view! { <option value=value prop:selected=move || chosen.get() == value>{crate::providers::language::text(words)}</option> }
            .into_any()
    };
    view! {
        <div class="select-field">
            <label for=id>{label.view()}</label>
            <select class="input" id=id on:change=move |event| on_choose.run(event_target_value(&event))>
                {choices.into_iter().map(option).collect::<Vec<_>>()}
            </select>
        </div>
    }
    .into_any()
}
