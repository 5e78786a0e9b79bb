//! Sign-up: a person and their customer account. The address is asked once, here.

use super::super::api;
use super::sign_in::go_on_when_signed_in;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::templates::gate::{safe_next, sign_in_href};
use crate::components::ui::button::Button;
use crate::components::ui::checkbox::Checkbox;
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::language;
use crate::providers::session::use_session;
use crate::shared::api::failure::Failure;
use crate::{t, tr};
use domain::auth::Register;
use domain::common::pii::Pii;
use domain::common::validation::field_errors;
use domain::customer::Address;
use domain::{ErrorCode, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;
use validator::Validate;

/// What is typed.
#[derive(Clone, Copy, Default)]
struct Entries {
    email: RwSignal<String>,
    password: RwSignal<String>,
    family_name: RwSignal<String>,
    given_name: RwSignal<String>,
    phone: RwSignal<String>,
    postcode: RwSignal<String>,
    prefecture: RwSignal<String>,
    city: RwSignal<String>,
    line1: RwSignal<String>,
    line2: RwSignal<String>,
    terms: RwSignal<bool>,
}

impl Entries {
    fn register(self) -> Register {
        let trimmed = |signal: RwSignal<String>| Pii::new(signal.get_untracked().trim().to_owned());
        Register {
            email: trimmed(self.email),
            password: Pii::new(self.password.get_untracked()),
            family_name: trimmed(self.family_name),
            given_name: trimmed(self.given_name),
            phone: trimmed(self.phone),
            address: Address {
                postcode: trimmed(self.postcode),
                prefecture: trimmed(self.prefecture),
                city: trimmed(self.city),
                line1: trimmed(self.line1),
                line2: trimmed(self.line2),
            },
            terms_accepted: self.terms.get_untracked(),
            language: untrack(language),
        }
    }
}

/// The page `/sign-up?next=…`.
#[component]
pub fn SignUp() -> AnyView {
    let session = use_session();
    let query = use_query_map();
    let next = Memo::new(move |_| safe_next(query.with(|q| q.get("next")).as_deref()));
    go_on_when_signed_in(next);

    let entries = Entries::default();
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let failure = RwSignal::new(None::<Failure>);
    let (pending, attempts) = (RwSignal::new(false), RwSignal::new(0_u32));

    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        let register = entries.register();
        failure.set(None);
        errors.set(register.validate().err().map(|e| field_errors(&e)).map(in_form_order).unwrap_or_default());
        attempts.update(|n| *n += 1);
        if errors.with_untracked(|e| !e.is_empty()) {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match api::sign_up(&register).await {
                Ok(reply) => session.begin(reply),
                Err(refused) => {
                    errors.try_set(in_form_order(refused.errors.clone()));
                    attempts.try_update(|n| *n += 1);
                    failure.try_set(Some(refused));
                }
            }
            pending.try_set(false);
        });
    };
    let sign_in = move || sign_in_href("/sign-in", &next.get());
    let taken = move || failure.with(|f| f.as_ref().is_some_and(|f| f.is(ErrorCode::EmailTaken)));
    view! {
        <div class="narrow narrow-wide">
            <PageTitle title=tr!(auth.create_account) lead=tr!(auth.sign_up_lead)/>
            <form class="card form" novalidate on:submit=submit>
                <ErrorSummary errors=errors.into() attempts=attempts/>
                {move || failure.get().filter(|f| f.errors.is_empty()).map(|f| view! { <FailurePanel failure=f/> })}
                {move || taken().then(|| view! { <p><a href=sign_in>{t!(auth.sign_in_instead)}</a></p> })}
                {fields(entries, errors)}
                <Button label=tr!(auth.create_account) submit=true pending=pending/>
            </form>
            <p class="below-form">{t!(auth.have_account)} " " <a href=sign_in>{t!(auth.sign_in)}</a></p>
        </div>
    }
    .into_any()
}

fn fields(entries: Entries, errors: RwSignal<Vec<FieldError>>) -> AnyView {
    let errors = Signal::from(errors);
    view! {
        <fieldset class="form-group">
            <legend>{t!(form.about_you)}</legend>
            <TextInput pointer="#/email" label=tr!(form.email) value=entries.email errors=errors kind="email"
                autocomplete="username" inputmode="email"/>
            <PasswordInput pointer="#/password" label=tr!(form.password) value=entries.password errors=errors
                hint=tr!(form.password_hint) autocomplete="new-password"/>
            <div class="form-pair">
                <TextInput pointer="#/family_name" label=tr!(form.family_name) value=entries.family_name errors=errors
                    autocomplete="family-name"/>
                <TextInput pointer="#/given_name" label=tr!(form.given_name) value=entries.given_name errors=errors
                    autocomplete="given-name"/>
            </div>
            <TextInput pointer="#/phone" label=tr!(form.phone) value=entries.phone errors=errors kind="tel"
                hint=tr!(form.phone_hint) autocomplete="tel-national" inputmode="tel"/>
        </fieldset>
        <fieldset class="form-group">
            <legend>{t!(form.address)}</legend>
            <div class="form-pair">
                <TextInput pointer="#/address/postcode" label=tr!(form.postcode) value=entries.postcode errors=errors
                    autocomplete="postal-code" inputmode="numeric"/>
                <TextInput pointer="#/address/prefecture" label=tr!(form.prefecture) value=entries.prefecture
                    errors=errors autocomplete="address-level1"/>
            </div>
            <TextInput pointer="#/address/city" label=tr!(form.city) value=entries.city errors=errors
                autocomplete="address-level2"/>
            <TextInput pointer="#/address/line1" label=tr!(form.line1) value=entries.line1 errors=errors
                autocomplete="address-line1"/>
            <TextInput pointer="#/address/line2" label=tr!(form.line2) value=entries.line2 errors=errors
                autocomplete="address-line2" optional=true/>
        </fieldset>
        <Checkbox pointer="#/terms_accepted" label=tr!(auth.accept_terms) checked=entries.terms
            on_change=Callback::new(move |on| entries.terms.set(on)) errors=errors/>
    }
    .into_any()
}

/// Faults in the order of the fields on the page, as the summary lists them.
fn in_form_order(mut errors: Vec<FieldError>) -> Vec<FieldError> {
    const ORDER: [&str; 11] = [
        "#/email",
        "#/password",
        "#/family_name",
        "#/given_name",
        "#/phone",
        "#/address/postcode",
        "#/address/prefecture",
        "#/address/city",
        "#/address/line1",
        "#/address/line2",
        "#/terms_accepted",
    ];
    errors.sort_by_key(|e| ORDER.iter().position(|p| *p == e.pointer).unwrap_or(ORDER.len()));
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_follows_the_page_and_forgets_nothing() {
        let found = field_errors(&Register::default().validate().unwrap_err());
        let count = found.len();
        let ordered = in_form_order(found);
        assert_eq!(ordered.len(), count);
        assert_eq!(ordered[0].pointer, "#/email");
        assert_eq!(ordered[count - 1].pointer, "#/terms_accepted");
    }
}
