//! The authenticator app: switching it on with a picture, and off with password and code.

use super::super::api;
use super::codes::codes;
use super::qr::qr;
use super::verify::use_verifier;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::chip::{StatusChip, Tone};
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::providers::language::{Tr, now, text};
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::{tr, w};
use domain::auth::sign_in::{Security, TotpConfirm, TotpOff, TotpSecret};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// What the card shows below its state.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    Rest,
    /// The secret, and the address for a QR code.
    Scan(String, String),
    Codes(Vec<String>),
    Off,
}

/// The card of the authenticator app and of the recovery codes.
pub fn totp(security: Signal<Security>, reload: Loader<Security>) -> AnyView {
    let verifier = use_verifier();
    let step = RwSignal::new(Step::Rest);
    let on = Memo::new(move |_| security.with(|s| s.totp_on));
    // Recovery codes belong to any second factor.
    let any = Memo::new(move |_| security.with(|s| s.totp_on || !s.passkeys.is_empty()));
    let left = Memo::new(move |_| security.with(|s| s.recovery_codes_left));
    let start = Form::new(&[]);
    let begin = move |()| {
        start.run(async move { verifier.guard(api::totp_start).await }, move |secret: TotpSecret| {
            step.set(Step::Scan(secret.secret, secret.uri));
        });
    };
    let renew = move |()| {
        start.run(async move { verifier.guard(api::new_recovery_codes).await }, move |made| {
            step.set(Step::Codes(made.recovery_codes));
            reload.reload();
        });
    };
    let rest = Callback::new(move |()| step.set(Step::Rest));
    let state = move || {
        let (tone, words): (Tone, Tr) =
            if on.get() { (Tone::Good, w!("On", "オン")) } else { (Tone::Off, w!("Off", "オフ")) };
        view! { <StatusChip tone=tone label=words/> }
    };
    let body = move || match step.get() {
        Step::Scan(secret, uri) => scan(&secret, &uri, step, reload),
        Step::Codes(list) => codes(&list, rest),
        Step::Off => switch_off(step, reload),
        Step::Rest => {
            let main = if on.get() {
                view! { <Button label=w!("Switch off", "解除する") weight=Weight::Secondary on_press=Callback::new(move |()| step.set(Step::Off))/> }
            } else {
                view! { <Button label=w!("Switch on", "設定する") pending=start.pending() on_press=Callback::new(begin)/> }
            };
            let codes_left = move || {
                fill(
                    now(w!("Recovery codes left: {n}", "残りのリカバリーコード：{n}")),
                    &[("n", &left.get().to_string())],
                )
            };
            view! {
                <div class="card-actions">
                    {main}
                    {any.get().then(|| view! {
                        <Button label=w!("Make new recovery codes", "リカバリーコードを作り直す") weight=Weight::Secondary
                            pending=start.pending() on_press=Callback::new(renew)/>
                    })}
                </div>
                {any.get().then(|| view! { <p class="muted card-part">{codes_left}</p> })}
            }
            .into_any()
        }
    };
    view! {
        <Card id="totp" title=w!("Authenticator app", "認証アプリ") action=move || view! { {state} }.into_any()>
            <p class="muted">
                {text(w!(
                    "After the password, a code of six digits from an app on your phone. Whoever finds out your password still cannot get in.",
                    "パスワードに加えて、スマートフォンのアプリが表示する6桁のコードを入力します。パスワードが知られても、ログインされません。"
                ))}
            </p>
            {move || start.failure().map(|f| view! { <FailurePanel failure=f/> })}
            {body}
        </Card>
    }
    .into_any()
}

fn scan(secret: &str, uri: &str, step: RwSignal<Step>, reload: Loader<Security>) -> AnyView {
    let verifier = use_verifier();
    let form = Form::new(&["#/code"]);
    let code = RwSignal::new(String::new());
    let submit = move || {
        let confirm = TotpConfirm { code: Pii::new(code.get_untracked().trim().to_owned()) };
        let send =
            move |confirm: TotpConfirm| async move { verifier.guard(|| api::totp_confirm(confirm.clone())).await };
        form.send(confirm, send, move |made| {
            step.set(Step::Codes(made.recovery_codes));
            reload.reload();
        });
    };
    let groups = secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    let label = || now(w!("QR code with the key for your app", "認証アプリ用のQRコード"));
    view! {
        <form class="form card-part" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            <p>{text(w!("1. Scan this with your app, or type the key.", "1. アプリで読み取るか、キーを入力してください。"))}</p>
            <div class="totp-key">
                {qr(uri, label)}
                <div>
                    <p class="field-hint" id="totp-key">{text(w!("Key", "キー"))}</p>
                    <p aria-labelledby="totp-key"><code class="key">{groups}</code></p>
                    <p><a href=uri.to_owned()>{text(w!("Open in the app on this device", "この端末のアプリで開く"))}</a></p>
                </div>
            </div>
            <p>{text(w!("2. Enter the code that it shows.", "2. 表示されたコードを入力してください。"))}</p>
            <TextInput pointer="#/code" label=w!("Code of your app", "認証アプリのコード") value=code errors=form.errors()
                autocomplete="one-time-code" inputmode="numeric" class="field-mono"/>
            <div class="card-actions">
                <Button label=w!("Switch on", "設定する") submit=true pending=form.pending()/>
                <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| step.set(Step::Rest))/>
            </div>
        </form>
    }
    .into_any()
}

fn switch_off(step: RwSignal<Step>, reload: Loader<Security>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&["#/password", "#/code"]);
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move || {
        let off = TotpOff {
            password: Pii::new(password.get_untracked()),
            code: Pii::new(code.get_untracked().trim().to_owned()),
        };
        let send = move |off: TotpOff| async move { verifier.guard(|| api::totp_off(off.clone())).await };
        form.send(off, send, move |()| {
            toasts.say(w!("The authenticator app is switched off.", "認証アプリを解除しました。"));
            step.set(Step::Rest);
            reload.reload();
        });
    };
    view! {
        <form class="form card-part" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            <p>{text(w!("Without it, your password alone opens the account.", "解除すると、パスワードだけでログインできるようになります。"))}</p>
            <PasswordInput pointer="#/password" label=tr!(form.password) value=password errors=form.errors() autocomplete="current-password"/>
            <TextInput pointer="#/code" label=w!("Code of your app, or a recovery code", "認証アプリのコード、またはリカバリーコード")
                value=code errors=form.errors() autocomplete="one-time-code" class="field-mono"/>
            <div class="card-actions">
                <Button label=w!("Switch off", "解除する") submit=true pending=form.pending()/>
                <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| step.set(Step::Rest))/>
            </div>
        </form>
    }
    .into_any()
}
