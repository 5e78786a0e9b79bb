//! Sign-up: a person and their customer account. The address is asked once, here.

use super::super::api;
use super::super::parts::mailed::mailed;
use super::sign_in::go_on_when_signed_in;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::templates::gate::{safe_next, sign_in_href};
use crate::components::ui::button::Button;
use crate::components::ui::checkbox::Checkbox;
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::{language, text};
use crate::shared::hooks::form::Form;
use crate::shared::utils::storage;
use crate::{t, tr, w};
use domain::FieldError;
use domain::auth::Register;
use domain::common::pii::Pii;
use domain::customer::Address;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

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

/// Where the page of the mail goes on to, in whichever tab it is opened.
pub const NEXT_STORED_AS: &str = "portal.after-sign-up";

/// The fields in the order of the page.
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

/// The page `/sign-up?next=…`.
#[component]
pub fn SignUp() -> AnyView {
    let query = use_query_map();
    let next = Memo::new(move |_| safe_next(query.with(|q| q.get("next")).as_deref()));
    // The mail may be opened in another tab; then this one goes on as well.
    go_on_when_signed_in(next);

    let entries = Entries::default();
    let form = Form::new(&ORDER);
    let sent = RwSignal::new(false);
    let submit = move || {
        form.send(entries.register(), api::sign_up, move |_| {
            storage::local().set(NEXT_STORED_AS, &next.get_untracked());
            sent.set(true);
        });
    };
    let again = Callback::new(move |()| sent.set(false));
    let page = move || {
        if sent.get() {
            let words = w!(
                "Open the link in it within 24 hours and your account is ready. If you have an account already, the mail says so.",
                "24時間以内にメールのリンクを開くと、アカウントが有効になります。すでにアカウントをお持ちの場合は、その旨をお知らせします。"
            );
            return mailed(entries.email.get_untracked().trim().to_owned(), words, again);
        }
        let sign_in = move || sign_in_href("/sign-in", &next.get());
        view! {
            <div class="narrow narrow-wide">
                <PageTitle title=tr!(auth.create_account) lead=tr!(auth.sign_up_lead)/>
                <p class="above-form">
                    {text(w!("You are our customer already and have a customer number?", "すでにご契約中で、お客様番号をお持ちですか？"))} " "
                    <a href="/link">{text(w!("Link your contract", "ご契約を登録する"))}</a>
                </p>
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    {fields(entries, form.errors())}
                    <Button label=tr!(auth.create_account) submit=true pending=form.pending()/>
                </form>
                <p class="below-form">{t!(auth.have_account)} " " <a href=sign_in>{t!(auth.sign_in)}</a></p>
            </div>
        }
        .into_any()
    };
    page.into_any()
}

fn fields(entries: Entries, errors: Signal<Vec<FieldError>>) -> AnyView {
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::common::validation::field_errors;
    use validator::Validate;

    #[test]
    fn the_summary_knows_every_field_of_the_page() {
        for error in field_errors(&Register::default().validate().unwrap_err()) {
            assert!(ORDER.contains(&error.pointer.as_str()), "{}", error.pointer);
        }
    }
}
