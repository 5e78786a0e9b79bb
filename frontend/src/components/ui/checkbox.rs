//! A box to tick, with its error.

use super::field::{FieldErrors, error_line, error_of, field_id};
use crate::providers::language::Text;
use leptos::prelude::*;

/// One box with its label; the whole label is the target.
#[component]
pub fn Checkbox(
    /// JSON pointer of the value, or any unique name when it has none.
    pointer: &'static str,
    #[prop(into)] label: Text,
    #[prop(into)] checked: Signal<bool>,
    on_change: Callback<bool>,
    errors: FieldErrors,
) -> AnyView {
    let id = field_id(pointer);
    let error = error_of(errors, pointer);
    view! {
        <div class="field">
            <label class="check" for=id.clone()>
                <input type="checkbox" id=id.clone()
                    aria-describedby=[&id, "-error"].concat()
                    aria-invalid=move || error.with(|e| e.is_some().then_some("true"))
                    prop:checked=move || checked.get()
                    on:change=move |event| on_change.run(event_target_checked(&event))/>
                <span>{label.view()}</span>
            </label>
            {error_line(&id, error)}
        </div>
    }
    .into_any()
}

/// A box on a card, for an offer with a description and a price.
#[component]
pub fn CheckboxCard(
    id: String,
    #[prop(into)] label: Text,
    #[prop(into)] description: Text,
    #[prop(into)] price: Text,
    #[prop(into)] checked: Signal<bool>,
    on_change: Callback<bool>,
) -> AnyView {
    let (described, labelled) = ([&id, "-text"].concat(), [&id, "-label"].concat());
    view! {
        <label class="choice" for=id.clone()>
            <input type="checkbox" id=id.clone() aria-labelledby=labelled.clone() aria-describedby=described.clone()
                prop:checked=move || checked.get()
                on:change=move |event| on_change.run(event_target_checked(&event))/>
            <span class="choice-body">
                <span class="choice-label" id=labelled>{label.view()}</span>
            </span>
            <span class="choice-price">{price.view()}</span>
            <span class="choice-text" id=described>{description.view()}</span>
        </label>
    }
    .into_any()
}
