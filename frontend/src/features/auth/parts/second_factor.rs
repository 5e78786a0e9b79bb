//! The second step of signing in: a code of the app, a code on paper, or a passkey.

use super::super::api;
use super::passkey::passkey_button;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::field::TextInput;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::{Tr, text};
use crate::shared::hooks::form::Form;
use crate::{tr, w};
use domain::ErrorCode;
use domain::auth::sign_in::{LoginCode, SecondFactor};
use domain::auth::{Factor, TokenReply};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// Asks for one of the factors that the person has. `again` leads back to the password.
pub fn second_factor(second: &SecondFactor, done: Callback<TokenReply>, again: Callback<()>) -> AnyView {
    let has = |factor: Factor| second.factors.contains(&factor);
    let form = Form::new(&["#/code"]);
    let code = RwSignal::new(String::new());
    // Somebody who has no app at all writes down a code from the start.
    let on_paper = RwSignal::new(!has(Factor::Totp));
    let challenge = StoredValue::new(second.challenge.clone());
    let submit = move || {
        let login = LoginCode {
            challenge: Pii::new(challenge.get_value()),
            code: Pii::new(code.get_untracked().trim().to_owned()),
        };
        form.send(login, api::sign_in_with_code, move |reply| done.run(reply));
    };
    let ended = move || form.failure().is_some_and(|f| f.is(ErrorCode::ChallengeEnded));
    let field = move || {
        if on_paper.get() {
            view! {
                <TextInput pointer="#/code" label=w!("Recovery code", "リカバリーコード") value=code errors=form.errors()
                    hint=w!("One of the ten that you have put away. It works once.", "保管した10個のうちの1つを入力してください。1回だけ使えます。")
                    autocomplete="off" class="field-mono"/>
            }
            .into_any()
        } else {
            view! {
                <TextInput pointer="#/code" label=w!("Code of your app", "認証アプリのコード") value=code errors=form.errors()
                    hint=w!("Six digits that change every 30 seconds.", "30秒ごとに変わる6桁の数字です。")
                    autocomplete="one-time-code" inputmode="numeric" class="field-mono"/>
            }
            .into_any()
        }
    };
    let change = move |_| {
        code.set(String::new());
        form.clear();
        on_paper.update(|on| *on = !*on);
    };
    let other: fn(bool) -> Tr = |on_paper| {
        if on_paper {
            w!("Use the app instead", "認証アプリを使う")
        } else {
            w!("Use a recovery code instead", "リカバリーコードを使う")
        }
    };
    let choices = (has(Factor::Totp) && has(Factor::Recovery)).then(|| {
        view! {
            <button type="button" class="btn btn-quiet" on:click=change>
                <span>{move || crate::providers::language::now(other(on_paper.get()))}</span>
            </button>
        }
    });
    let codes = (has(Factor::Totp) || has(Factor::Recovery)).then(|| {
        view! {
            {field}
            <Button label=tr!(auth.sign_in) submit=true pending=form.pending()/>
            {choices}
        }
    });
    let passkey = has(Factor::Passkey).then(|| passkey_button(form, Some(second.challenge.clone()), done));
    view! {
        <div class="narrow">
            <PageTitle title=w!("One more step", "もう一段階の確認")
                lead=w!("Your password is right. Show that it is really you.", "パスワードを確認しました。ご本人であることを確認します。")/>
            <form class="card form" novalidate on:submit=on_submit(submit)>
                {form_notices(form)}
                <Show when=ended>
                    <Button label=w!("Start again", "最初からやり直す") weight=Weight::Secondary on_press=again/>
                </Show>
                {codes}
                {passkey}
            </form>
            <p class="below-form">
                <button type="button" class="link-button" on:click=move |_| again.run(())>
                    {text(w!("Sign in as somebody else", "別の人としてログイン"))}
                </button>
            </p>
        </div>
    }
    .into_any()
}
