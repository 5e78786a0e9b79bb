//! A new password, from the link of the mail. Every session ends; the second factor stays as it is.

use super::super::api;
use super::super::parts::token::{no_token, secret, token};
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, LinkButton, Weight};
use crate::components::ui::field::PasswordInput;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::text;
use crate::shared::hooks::form::Form;
use crate::{tr, w};
use domain::ErrorCode;
use domain::auth::PasswordReset;
use domain::common::pii::Pii;
use leptos::prelude::*;

/// The page `/reset#token`.
#[component]
pub fn Reset() -> AnyView {
    let token = token();
    let form = Form::new(&["#/password"]);
    let password = RwSignal::new(String::new());
    let done = RwSignal::new(false);
    let submit = move || {
        let reset = PasswordReset { token: secret(token), password: Pii::new(password.get_untracked()) };
        form.send(reset, api::reset, move |()| done.set(true));
    };
    let over = move || form.failure().is_some_and(|f| f.is(ErrorCode::LinkInvalid));
    let title = w!("Choose a new password", "新しいパスワードの設定");
    let page = move || {
        if done.get() {
            return view! {
                <div class="narrow">
                    <PageTitle title=w!("Your password is changed", "パスワードを変更しました")
                        lead=w!("You were signed out on every device. Sign in with the new password.", "すべての端末からログアウトしました。新しいパスワードでログインしてください。")/>
                    <LinkButton label=tr!(auth.sign_in) href="/sign-in"/>
                </div>
            }
            .into_any();
        }
        if token.with(Option::is_none) {
            return no_token(title, "/forgot", w!("Ask for a new link", "新しいリンクを送信"));
        }
        view! {
            <div class="narrow">
                <PageTitle title=title/>
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <Show when=over>
                        <LinkButton label=w!("Ask for a new link", "新しいリンクを送信") href="/forgot" weight=Weight::Secondary/>
                    </Show>
                    <PasswordInput pointer="#/password" label=tr!(form.new_password) value=password errors=form.errors()
                        hint=tr!(form.password_hint) autocomplete="new-password"/>
                    <Button label=w!("Save the password", "パスワードを保存") submit=true pending=form.pending()/>
                    <p class="muted">
                        {text(w!("You are then signed out on every device.", "保存すると、すべての端末からログアウトされます。"))}
                    </p>
                </form>
            </div>
        }
        .into_any()
    };
    page.into_any()
}
