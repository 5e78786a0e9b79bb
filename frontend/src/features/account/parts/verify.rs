//! "Confirm it is you": asked when the server wants to see again who somebody is. The refused act is then repeated, so that
//! nothing typed is lost.

use super::super::api;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::dialog::Dialog;
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::icon::Icon;
use crate::providers::language::text;
use crate::shared::api::failure::Failure;
use crate::shared::hooks::form::Form;
use crate::shared::utils::passkey::{self, NoPasskey};
use crate::{tr, w};
use domain::ErrorCode;
use domain::auth::Factor;
use domain::auth::sign_in::{PasskeyFinish, Verify};
use domain::common::pii::Pii;
use js_sys::{Function, Promise};
use leptos::prelude::*;
use std::future::Future;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The question of a page.
#[derive(Clone, Copy)]
pub struct Verifier {
    /// What the person can show; nothing is asked while it is empty.
    methods: RwSignal<Vec<Factor>>,
    answer: StoredValue<Option<Function>, LocalStorage>,
}

impl Verifier {
    pub fn provide() -> Self {
        let verifier = Self { methods: RwSignal::new(Vec::new()), answer: StoredValue::new_local(None) };
        provide_context(verifier);
        verifier
    }

    /// Carries out `act`; when it is refused until somebody has shown who they are, asks them and carries it out again.
    ///
    /// # Errors
    /// What `act` says in the end; `VerificationNeeded` when the person has closed the question.
    pub async fn guard<A, F: Future<Output = Result<A, Failure>>>(self, act: impl Fn() -> F) -> Result<A, Failure> {
        match act().await {
            Err(failure) if failure.is(ErrorCode::VerificationNeeded) => {
                if self.ask(failure.methods.clone()).await {
                    act().await
                } else {
                    Err(failure)
                }
            }
            outcome => outcome,
        }
    }

    async fn ask(self, methods: Vec<Factor>) -> bool {
        self.finish(false);
        let answer = Promise::new(&mut |resolve, _| {
            self.answer.try_set_value(Some(resolve));
        });
        let methods = if methods.is_empty() { vec![Factor::Password] } else { methods };
        if self.methods.try_set(methods).is_some() {
            return false;
        }
        JsFuture::from(answer).await.is_ok_and(|yes| yes.is_truthy())
    }

    fn finish(self, shown: bool) {
        self.methods.try_set(Vec::new());
        if let Some(answer) = self.answer.try_update_value(Option::take).flatten() {
            // A resolving function never throws.
            let _ = answer.call1(&JsValue::UNDEFINED, &shown.into());
        }
    }
}

/// The question of this page; provided around all pages of the account.
pub fn use_verifier() -> Verifier {
    expect_context()
}

/// The dialog itself, once around the pages.
pub fn dialog(verifier: Verifier) -> AnyView {
    let open = Memo::new(move |_| verifier.methods.with(|m| !m.is_empty()));
    // Whoever leaves the page has not confirmed.
    on_cleanup(move || verifier.finish(false));
    view! {
        <Dialog id="verify" title=w!("Confirm it is you", "ご本人の確認") open=open
            on_close=Callback::new(move |()| verifier.finish(false))>
            {question(verifier)}
        </Dialog>
    }
    .into_any()
}

fn question(verifier: Verifier) -> AnyView {
    let methods = verifier.methods.get_untracked();
    let has = |factor: Factor| methods.contains(&factor);
    let form = Form::new(&[]);
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (by_password, by_code) = (has(Factor::Password), has(Factor::Totp) || has(Factor::Recovery));
    let submit = move || {
        let typed = |signal: RwSignal<String>| {
            signal.with_untracked(|s| (!s.is_empty()).then(|| Pii::new(s.trim().to_owned())))
        };
        let verify = if by_code {
            Verify { password: None, code: typed(code) }
        } else {
            Verify { password: Some(Pii::new(password.get_untracked())), code: None }
        };
        form.send(verify, show, move |()| verifier.finish(true));
    };
    let no_passkey = RwSignal::new(false);
    let by_passkey = (has(Factor::Passkey) && passkey::supported()).then(|| {
        let press = move |()| {
            no_passkey.set(false);
            form.clear();
            form.run(show_passkey(), move |outcome| match outcome {
                Ok(()) => verifier.finish(true),
                Err(_) => no_passkey.set(true),
            });
        };
        view! {
            <Button label=w!("Use a passkey", "パスキーを使う") weight=Weight::Secondary icon=Icon::Key pending=form.pending()
                on_press=Callback::new(press)/>
            <p class="field-error" role="status">
                {move || no_passkey.get().then(|| text(w!("No passkey was used.", "パスキーは使用されませんでした。")))}
            </p>
        }
    });
    let fields = if by_code {
        view! {
            <TextInput pointer="#/verify/code" label=w!("Code of your app, or a recovery code", "認証アプリのコード、またはリカバリーコード")
                value=code errors=form.errors() autocomplete="one-time-code" class="field-mono"/>
        }
        .into_any()
    } else if by_password {
        view! {
            <PasswordInput pointer="#/verify/password" label=tr!(form.password) value=password errors=form.errors()
                autocomplete="current-password"/>
        }
        .into_any()
    } else {
        ().into_any()
    };
    view! {
        <form class="form" novalidate on:submit=on_submit(submit)>
            <p class="muted">
                {text(w!("This is sensitive, so we ask again. It is good for ten minutes.", "重要な操作のため、もう一度確認します。確認は10分間有効です。"))}
            </p>
            {form_notices(form)}
            {fields}
            <div class="card-actions">
                {(by_code || by_password).then(|| view! { <Button label=w!("Confirm", "確認") submit=true pending=form.pending()/> })}
                <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| verifier.finish(false))/>
            </div>
            {by_passkey}
        </form>
    }
    .into_any()
}

/// Shows a password or a code. The fields have names of their own, because the form below may have the same ones.
async fn show(verify: Verify) -> Result<(), Failure> {
    api::verify(verify).await.map_err(|mut failure| {
        for error in &mut failure.errors {
            error.pointer = error.pointer.replacen("#/", "#/verify/", 1);
        }
        failure
    })
}

async fn show_passkey() -> Result<Result<(), NoPasskey>, Failure> {
    let ceremony = api::verify_passkey_start().await?;
    match passkey::choose(&ceremony.options).await {
        Ok(credential) => {
            let finish = PasskeyFinish { ceremony: Pii::new(ceremony.ceremony), credential };
            api::verify_passkey_finish(finish).await.map(Ok)
        }
        Err(reason) => Ok(Err(reason)),
    }
}
