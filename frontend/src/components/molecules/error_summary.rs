//! All faults of a form in one list that takes the focus; each leads to its field.

use super::failure_text::field_text;
use crate::components::ui::field::{FieldErrors, field_id};
use crate::components::ui::icon::Icon;
use crate::providers::language::{Tr, language, now};
use crate::shared::utils::browser;
use crate::{t, tr};
use leptos::html::Div;
use leptos::prelude::*;

/// The list of faults. Shown when `errors` is not empty; takes the focus whenever `attempts` rises.
#[component]
pub fn ErrorSummary(errors: FieldErrors, #[prop(into)] attempts: Signal<u32>) -> AnyView {
    let summary = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if attempts.get() > 0 && errors.with_untracked(|e| !e.is_empty()) {
            request_animation_frame(move || {
                if let Some(summary) = summary.try_get_untracked().flatten() {
                    browser::focus(&summary);
                }
            });
        }
    });
    let line = |error: domain::FieldError| {
        let id = field_id(&error.pointer);
        let label = field_label(&error.pointer);
        let href = ["#", &id].concat();
        let words = move || match label {
            Some(label) => [now(label), now(tr!(form.colon)), &field_text(&error, language())].concat(),
            None => field_text(&error, language()),
        };
        let go = move |event: web_sys::MouseEvent| {
            event.prevent_default();
            focus_field(&id);
        };
        view! { <li><a href=href on:click=go>{words}</a></li> }.into_any()
    };
    view! {
        <Show when=move || errors.with(|e| !e.is_empty())>
            <div class="notice notice-problem" tabindex="-1" node_ref=summary role="group" aria-labelledby="error-summary-title">
                {Icon::Alert.view()}
                <div class="notice-body">
                    <h2 class="notice-title" id="error-summary-title">{t!(form.summary)}</h2>
                    <ul class="error-list">{move || errors.get().into_iter().map(line).collect::<Vec<_>>()}</ul>
                </div>
            </div>
        </Show>
    }
    .into_any()
}

/// A group of radio buttons takes no focus itself: its chosen or first button does.
fn focus_field(id: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    let inside =
        || element.query_selector("input:checked").ok().flatten().or(element.query_selector("input").ok().flatten());
    match element.tag_name().as_str() {
        "FIELDSET" => browser::focus(&inside().unwrap_or(element)),
        _ => browser::focus(&element),
    }
}

/// The label of a field, for the summary.
fn field_label(pointer: &str) -> Option<Tr> {
    Some(match pointer {
        "#/email" => tr!(form.email),
        "#/password" | "#/verify/password" => tr!(form.password),
        "#/family_name" => tr!(form.family_name),
        "#/given_name" => tr!(form.given_name),
        "#/phone" => tr!(form.phone),
        "#/address/postcode" => tr!(form.postcode),
        "#/address/prefecture" => tr!(form.prefecture),
        "#/address/city" => tr!(form.city),
        "#/address/line1" => tr!(form.line1),
        "#/address/line2" => tr!(form.line2),
        "#/items/0/sim" => tr!(wizard.sim),
        "#/items/0/sim/" => tr!(form.eid),
        "#/items/0/options" => tr!(wizard.installation),
        "#/customer_number" => tr!(form.customer_number),
        "#/code" | "#/verify/code" => tr!(form.code),
        "#/current" => tr!(form.current_password),
        "#/new" => tr!(form.new_password),
        "#/name" => tr!(form.name),
        "#/lines" => tr!(form.lines),
        _ => return None,
    })
}
