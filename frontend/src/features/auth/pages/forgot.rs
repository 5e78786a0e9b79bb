//! A forgotten password: the address, and the same answer whatever is known of it.

use super::super::api;
use super::super::parts::mailed::mailed;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::Button;
use crate::components::ui::field::TextInput;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::text;
use crate::shared::hooks::form::Form;
use crate::{tr, w};
use domain::auth::EmailForm;
use domain::common::pii::Pii;
use leptos::prelude::*;

/// The page `/forgot`.
#[component]
pub fn Forgot() -> AnyView {
    let form = Form::new(&["#/email"]);
    let email = RwSignal::new(String::new());
    let sent = RwSignal::new(false);
    let submit = move || {
        let request = EmailForm { email: Pii::new(email.get_untracked().trim().to_owned()) };
        form.send(request, api::forgot, move |_| sent.set(true));
    };
    let page = move || {
        if sent.get() {
            let words = w!(
                "If there is an account with this address, open the link in it within one hour and choose a new password.",
                "このアドレスのアカウントがある場合は、1時間以内にメールのリンクを開き、新しいパスワードを設定してください。"
            );
            let again = Callback::new(move |()| sent.set(false));
            return mailed(email.get_untracked().trim().to_owned(), words, again);
        }
        view! {
            <div class="narrow">
                <PageTitle title=w!("Forgot your password?", "パスワードをお忘れの場合")
                    lead=w!("We send a link with which you choose a new one.", "新しいパスワードを設定するためのリンクをお送りします。")/>
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <TextInput pointer="#/email" label=tr!(form.email) value=email errors=form.errors() kind="email"
                        autocomplete="username" inputmode="email"/>
                    <Button label=w!("Send me the link", "リンクを送信") submit=true pending=form.pending()/>
                </form>
                <p class="below-form"><a href="/sign-in">{text(w!("Back to sign-in", "ログインに戻る"))}</a></p>
            </div>
        }
        .into_any()
    };
    page.into_any()
}
