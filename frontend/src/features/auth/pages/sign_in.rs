//! Sign-in. After it the page that was asked for opens.

use super::super::api;
use super::super::parts::passkey::passkey_button;
use super::super::parts::second_factor::second_factor;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::templates::gate::{safe_next, sign_in_href};
use crate::components::ui::button::Button;
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::text;
use crate::providers::session::use_session;
use crate::shared::api::access;
use crate::shared::hooks::form::Form;
use crate::{t, tr, w};
use domain::auth::sign_in::{LoginOutcome, SecondFactor};
use domain::auth::{Login, TokenReply};
use domain::common::pii::Pii;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

/// The page `/sign-in?next=…`.
#[component]
pub fn SignIn() -> AnyView {
    let session = use_session();
    let query = use_query_map();
    let next = Memo::new(move |_| safe_next(query.with(|q| q.get("next")).as_deref()));
    go_on_when_signed_in(next);

    let form = Form::new(&["#/email", "#/password"]);
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let second = RwSignal::new(None::<StoredValue<SecondFactor>>);
    let done = Callback::new(move |reply: TokenReply| session.begin(reply));
    let submit = move || {
        let login = Login {
            email: Pii::new(email.get_untracked().trim().to_owned()),
            password: Pii::new(password.get_untracked()),
        };
        form.send(login, api::sign_in, move |outcome| match outcome {
            LoginOutcome::SignedIn(reply) => done.run(reply),
            LoginOutcome::SecondFactor(asked) => {
                password.set(String::new());
                second.set(Some(StoredValue::new(asked)));
            }
        });
    };
    let again = Callback::new(move |()| second.set(None));
    let first = move || {
        let (sign_up, link) = (move || sign_in_href("/sign-up", &next.get()), "/link");
        let reused = move || access::was_reused().then(reused_notice);
        view! {
            <div class="narrow">
                <PageTitle title=tr!(auth.sign_in) lead=tr!(auth.sign_in_lead)/>
                {reused}
                <form class="card form" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <TextInput pointer="#/email" label=tr!(form.email) value=email errors=form.errors() kind="email"
                        autocomplete="username" inputmode="email"/>
                    <PasswordInput pointer="#/password" label=tr!(form.password) value=password errors=form.errors()
                        autocomplete="current-password"/>
                    <Button label=tr!(auth.sign_in) submit=true pending=form.pending()/>
                    {passkey_button(form, None, done)}
                    <p><a href="/forgot">{text(w!("Forgot your password?", "パスワードをお忘れですか？"))}</a></p>
                </form>
                <p class="below-form">{t!(auth.no_account)} " " <a href=sign_up>{t!(auth.create_account)}</a></p>
                <p class="below-form">
                    {text(w!("Already our customer on paper?", "すでにご契約中ですか？"))} " "
                    <a href=link>{text(w!("Use your customer number", "お客様番号で利用を開始"))}</a>
                </p>
            </div>
        }
        .into_any()
    };
    let page = move || match second.get() {
        Some(asked) => asked.with_value(|asked| second_factor(asked, done, again)),
        None => first(),
    };
    page.into_any()
}

/// Why somebody has to sign in who did not sign out: a copy of their session was used.
fn reused_notice() -> AnyView {
    view! {
        <div class="above-form">
            <Notice urgency=Urgency::Caution
                title=w!("You were signed out everywhere", "すべての端末からログアウトされました")
                text=w!(
                    "A sign-in of yours was used twice, as happens when somebody has copied it. To be safe it has ended on every device. Sign in again; if it was not you, change your password next.",
                    "お客様のログイン情報が二重に使われました。第三者が複製した可能性があるため、安全のためすべての端末で終了しました。もう一度ログインし、心当たりがない場合はパスワードを変更してください。"
                )/>
        </div>
    }
    .into_any()
}

/// Opens `next` as soon as somebody is signed in, also when another tab did it.
pub fn go_on_when_signed_in(next: Memo<String>) {
    let session = use_session();
    let navigate = use_navigate();
    let signed_in = Memo::new(move |_| session.is_signed_in());
    Effect::new(move |_| {
        if signed_in.get() {
            navigate(&next.get_untracked(), NavigateOptions { replace: true, ..Default::default() });
        }
    });
}
