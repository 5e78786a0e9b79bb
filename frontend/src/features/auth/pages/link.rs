//! An existing customer starts to use the portal: customer number and mail address, then, from the mail, a password.

use super::super::api;
use super::super::parts::mailed::mailed;
use super::super::parts::token::{secret, token};
use super::sign_in::go_on_when_signed_in;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, LinkButton, Weight};
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::{language, text};
use crate::providers::session::use_session;
use crate::shared::hooks::form::Form;
use crate::{t, tr, w};
use domain::ErrorCode;
use domain::auth::{LinkConfirm, LinkRequest};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// The page `/link`, and `/link#token` from the mail.
#[component]
pub fn LinkContract() -> AnyView {
    go_on_when_signed_in(Memo::new(|_| "/home".to_owned()));
    let token = token();
    let page = move || if token.with(Option::is_some) { set_password(token) } else { ask() };
    page.into_any()
}

fn ask() -> AnyView {
    let form = Form::new(&["#/customer_number", "#/email"]);
    let (number, email) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sent = RwSignal::new(false);
    let submit = move || {
        let trimmed = |signal: RwSignal<String>| Pii::new(signal.get_untracked().trim().to_owned());
        let request =
            LinkRequest { customer_number: trimmed(number), email: trimmed(email), language: untrack(language) };
        form.send(request, api::ask_for_link, move |_| sent.set(true));
    };
    let page = move || {
        if sent.get() {
            let words = w!(
                "If number and address belong together, open the link in it within 24 hours and choose a password.",
                "お客様番号とメールアドレスが一致している場合は、24時間以内にメールのリンクを開き、パスワードを設定してください。"
            );
            let again = Callback::new(move |()| sent.set(false));
            return mailed(email.get_untracked().trim().to_owned(), words, again);
        }
        view! {
            <div class="narrow">
                <PageTitle title=w!("Link your contract", "ご契約の登録")
                    lead=w!(
                        "You are our customer already: find your services here with your customer number.",
                        "ご契約中の方は、お客様番号でサービスをこちらに表示できます。"
                    )/>
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <TextInput pointer="#/customer_number" label=tr!(form.customer_number) value=number errors=form.errors()
                        hint=w!("On every letter and bill, such as C-100001.", "お手紙や請求書に記載されています（例：C-100001）。")
                        autocomplete="off" class="field-mono"/>
                    <TextInput pointer="#/email" label=tr!(form.email) value=email errors=form.errors() kind="email"
                        hint=w!("The one that we know from your contract.", "ご契約時に登録されたアドレスです。")
                        autocomplete="email" inputmode="email"/>
                    <Button label=w!("Send me the link", "リンクを送信") submit=true pending=form.pending()/>
                </form>
                <p class="below-form">
                    {t!(auth.have_account)} " " <a href="/sign-in">{t!(auth.sign_in)}</a>
                </p>
                <p class="below-form">{t!(auth.no_account)} " " <a href="/sign-up">{t!(auth.create_account)}</a></p>
            </div>
        }
        .into_any()
    };
    page.into_any()
}

fn set_password(token: Memo<Option<String>>) -> AnyView {
    let session = use_session();
    let form = Form::new(&["#/password"]);
    let password = RwSignal::new(String::new());
    let submit = move || {
        let confirm = LinkConfirm {
            token: secret(token),
            password: Pii::new(password.get_untracked()),
            language: untrack(language),
        };
        form.send(confirm, api::link, move |reply| session.begin(reply));
    };
    let over = move || form.failure().is_some_and(|f| f.is(ErrorCode::LinkInvalid));
    view! {
        <div class="narrow">
            <PageTitle title=w!("Choose a password", "パスワードの設定")
                lead=w!("Your contract was found. With this password you sign in from here on.", "ご契約を確認しました。今後はこのパスワードでログインします。")/>
            <form class="card form" novalidate on:submit=on_submit(submit)>
                {form_notices(form)}
                <Show when=over>
                    <LinkButton label=w!("Ask for a new link", "新しいリンクを送信") href="/link" weight=Weight::Secondary/>
                </Show>
                <PasswordInput pointer="#/password" label=tr!(form.new_password) value=password errors=form.errors()
                    hint=tr!(form.password_hint) autocomplete="new-password"/>
                <Button label=w!("Save and sign in", "保存してログイン") submit=true pending=form.pending()/>
                <p class="muted">{text(w!("The link works once.", "リンクは1回だけ使えます。"))}</p>
            </form>
        </div>
    }
    .into_any()
}
