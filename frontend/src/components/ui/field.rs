//! Text fields with label, hint and error. An error belongs to a field by the JSON pointer that rules and server use.

use super::icon::Icon;
use crate::components::molecules::failure_text::field_text;
use crate::providers::language::{Text, now};
use crate::{t, tr};
use domain::FieldError;
use leptos::prelude::*;

/// The faults of a form, as rules and server report them.
pub type FieldErrors = Signal<Vec<FieldError>>;

/// DOM id of the field with this pointer: `#/address/line1` becomes `f-address-line1`.
pub fn field_id(pointer: &str) -> String {
    let name: String = pointer.trim_matches(['#', '/']).chars().map(|c| if c == '/' { '-' } else { c }).collect();
    ["f-", &name].concat()
}

/// The first fault of a field, in words.
pub fn error_of(errors: FieldErrors, pointer: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || {
        errors.with(|all| {
            all.iter().find(|e| e.pointer == pointer).map(|e| field_text(e, crate::providers::language::language()))
        })
    })
}

/// Error text below a field. Always there, so that `aria-describedby` holds.
pub fn error_line(id: &str, error: Signal<Option<String>>) -> AnyView {
    view! {
        <p class="field-error" id=[id, "-error"].concat()>
            {move || error.get().map(|text| view! { {Icon::Alert.view()} <span>{text}</span> })}
        </p>
    }
    .into_any()
}

/// Ids of the texts about a field: only those that are there.
fn described_by(id: &str, has_hint: bool) -> String {
    if has_hint { [id, "-hint ", id, "-error"].concat() } else { [id, "-error"].concat() }
}

/// A one-line text field.
#[component]
pub fn TextInput(
    /// JSON pointer of the value, such as `#/email`.
    pointer: &'static str,
    #[prop(into)] label: Text,
    value: RwSignal<String>,
    errors: FieldErrors,
    #[prop(optional, into)] hint: Option<Text>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    /// May stay empty; said beside the label.
    #[prop(optional)]
    optional: bool,
    /// Most characters the browser lets in; the rule itself is checked elsewhere.
    #[prop(optional)]
    maxlength: Option<&'static str>,
    #[prop(optional)] class: &'static str,
) -> AnyView {
    let id = field_id(pointer);
    let error = error_of(errors, pointer);
    let described = described_by(&id, hint.is_some());
    view! {
        <div class=["field ", class].concat()>
            <div class="field-label">
                <label for=id.clone()>{label.view()}</label>
                {optional.then(|| view! { <span class="field-optional">{t!(common.optional)}</span> })}
            </div>
            {hint.map(|hint| view! { <p class="field-hint" id=[&id, "-hint"].concat()>{hint.view()}</p> })}
            <input
                class="input"
                id=id.clone()
                type=kind
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=maxlength
                aria-describedby=described
                aria-invalid=move || error.with(|e| e.is_some().then_some("true"))
                aria-required=(!optional).then_some("true")
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            {error_line(&id, error)}
        </div>
    }
    .into_any()
}

/// A password field that can show what is typed. Pasting works.
#[component]
pub fn PasswordInput(
    pointer: &'static str,
    #[prop(into)] label: Text,
    value: RwSignal<String>,
    errors: FieldErrors,
    #[prop(optional, into)] hint: Option<Text>,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
) -> AnyView {
    let id = field_id(pointer);
    let error = error_of(errors, pointer);
    let shown = RwSignal::new(false);
    let described = described_by(&id, hint.is_some());
    let toggle = move || now(if shown.get() { tr!(common.hide) } else { tr!(common.show) });
    view! {
        <div class="field">
            <div class="field-label"><label for=id.clone()>{label.view()}</label></div>
            {hint.map(|hint| view! { <p class="field-hint" id=[&id, "-hint"].concat()>{hint.view()}</p> })}
            <div class="input-row">
                <input
                    class="input"
                    id=id.clone()
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=described
                    aria-invalid=move || error.with(|e| e.is_some().then_some("true"))
                    aria-required="true"
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
                <button type="button" class="input-toggle" aria-controls=id.clone()
                    on:click=move |_| shown.update(|s| *s = !*s)>
                    {move || if shown.get() { Icon::EyeOff.view() } else { Icon::Eye.view() }}
                    <span>{toggle}</span>
                </button>
            </div>
            {error_line(&id, error)}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_become_ids() {
        assert_eq!(field_id("#/address/line1"), "f-address-line1");
        assert_eq!(field_id("#/items/0/sim/"), "f-items-0-sim");
    }
}
