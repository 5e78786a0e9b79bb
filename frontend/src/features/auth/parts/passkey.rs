//! The button that signs in with a passkey, alone or after the password.

use super::super::api;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::icon::Icon;
use crate::components::ui::notice::{Notice, Urgency};
use crate::shared::api::failure::Failure;
use crate::shared::hooks::form::Form;
use crate::shared::utils::passkey::{self, NoPasskey};
use crate::w;
use domain::auth::TokenReply;
use domain::auth::sign_in::{PasskeyFinish, PasskeyStart};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// A button for a passkey; nothing where the browser has none. `challenge` stands for the password already given.
pub fn passkey_button(form: Form, challenge: Option<String>, done: Callback<TokenReply>) -> AnyView {
    if !passkey::supported() {
        return ().into_any();
    }
    let refused = RwSignal::new(None::<NoPasskey>);
    let press = move |()| {
        refused.set(None);
        form.clear();
        let start = PasskeyStart { challenge: challenge.clone().map(Pii::new) };
        form.run(attempt(start), move |outcome| match outcome {
            Ok(reply) => done.run(reply),
            Err(reason) => refused.set(Some(reason)),
        });
    };
    let said = move || {
        refused.get().map(|reason| {
            let words = match reason {
                NoPasskey::GivenUp => w!(
                    "No passkey was used. You can try again or sign in another way.",
                    "パスキーは使用されませんでした。もう一度試すか、別の方法でログインしてください。"
                ),
                NoPasskey::AlreadyThere | NoPasskey::NotPossible => w!(
                    "This browser could not use a passkey here. Sign in another way.",
                    "このブラウザーではパスキーを利用できません。別の方法でログインしてください。"
                ),
            };
            view! { <Notice urgency=Urgency::Caution text=words/> }
        })
    };
    view! {
        <Button label=w!("Sign in with a passkey", "パスキーでログイン") weight=Weight::Secondary icon=Icon::Key
            pending=form.pending() on_press=Callback::new(press)/>
        {said}
    }
    .into_any()
}

/// Asks the server, the authenticator, and the server again.
async fn attempt(start: PasskeyStart) -> Result<Result<TokenReply, NoPasskey>, Failure> {
    let ceremony = api::passkey_start(&start).await?;
    match passkey::choose(&ceremony.options).await {
        Ok(credential) => {
            let finish = PasskeyFinish { ceremony: Pii::new(ceremony.ceremony), credential };
            api::passkey_finish(&finish).await.map(Ok)
        }
        Err(reason) => Ok(Err(reason)),
    }
}
