//! One of several, each on a card. Native radio buttons, so the arrow keys work.

use super::field::{FieldErrors, error_line, error_of, field_id};
use crate::providers::language::Text;
use leptos::prelude::*;

/// One card.
#[derive(Clone)]
pub struct RadioCard {
    /// What is stored when it is chosen.
    pub value: String,
    pub label: Text,
    pub description: Option<Text>,
    /// Shown at the end of the card.
    pub price: Option<Text>,
}

/// A group of cards of which one is chosen.
#[component]
pub fn RadioCards(
    /// JSON pointer of the value: where errors and the error summary point.
    pointer: &'static str,
    #[prop(into)] legend: Text,
    cards: Vec<RadioCard>,
    #[prop(into)] chosen: Signal<Option<String>>,
    on_choose: Callback<String>,
    errors: FieldErrors,
) -> AnyView {
    let id = field_id(pointer);
    let error = error_of(errors, pointer);
    let card = {
        let id = id.clone();
        move |card: RadioCard| {
            let input_id = [&id, "-", &card.value].concat();
            let (text_id, label_id) = ([&input_id, "-text"].concat(), [&input_id, "-label"].concat());
            let (own, picked) = (card.value.clone(), card.value);
            view! {
                <label class="choice" for=input_id.clone()>
                    <input type="radio" id=input_id.clone() name=id.clone() value=own.clone() aria-labelledby=label_id.clone()
                        aria-describedby=card.description.is_some().then(|| text_id.clone())
                        prop:checked=move || chosen.with(|c| c.as_deref() == Some(own.as_str()))
                        on:change=move |_| on_choose.run(picked.clone())/>
                    <span class="choice-body"><span class="choice-label" id=label_id>{card.label.view()}</span></span>
                    {card.price.map(|price| view! { <span class="choice-price">{price.view()}</span> })}
                    {card.description.map(|text| view! { <span class="choice-text" id=text_id>{text.view()}</span> })}
                </label>
            }
            .into_any()
        }
    };
    view! {
        <fieldset class="field choices" id=id.clone() tabindex="-1" aria-describedby=[&id, "-error"].concat()>
            <legend class="field-legend">{legend.view()}</legend>
            <div class="choice-list">{cards.into_iter().map(card).collect::<Vec<_>>()}</div>
            {error_line(&id, error)}
        </fieldset>
    }
    .into_any()
}
