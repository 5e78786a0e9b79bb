//! Changing the password.

use super::super::api;
use super::verify::use_verifier;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::field::PasswordInput;
use crate::providers::language::{now, tag, text};
use crate::providers::session::use_session;
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{tr, w};
use domain::auth::sign_in::{ChangePassword, Security};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// The card of the password.
pub fn password(security: Signal<Security>, reload: Loader<Security>) -> AnyView {
    let (verifier, toasts, session) = (use_verifier(), use_toasts(), use_session());
    let open = RwSignal::new(false);
    let form = Form::new(&["#/current", "#/new"]);
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move || {
        let change = ChangePassword { current: Pii::new(current.get_untracked()), new: Pii::new(new.get_untracked()) };
        let send = move |change: ChangePassword| verifier_guard(verifier, change);
        form.send(change, send, move |()| {
            current.set(String::new());
            new.set(String::new());
            open.set(false);
            toasts.say(w!(
                "Password changed. Your other devices are signed out.",
                "パスワードを変更しました。他の端末はログアウトされます。"
            ));
            reload.reload();
        });
    };
    let since = move || match security.with(|s| s.password_changed_at) {
        Some(at) => {
            fill(now(w!("Last changed {time}.", "最終変更：{time}")), &[("time", &format::date_time(tag(), at))])
        }
        None => now(w!("Not changed since you signed up.", "登録時から変更されていません。")).to_owned(),
    };
    // Password managers file the new password under this name.
    let name = move || session.me().map(|me| me.email.reveal().clone()).unwrap_or_default();
    view! {
        <Card id="password" title=tr!(form.password)>
            <p class="muted">{since}</p>
            <Show when=move || open.get() fallback=move || view! {
                <div class="card-actions">
                    <Button label=w!("Change the password", "パスワードを変更") weight=Weight::Secondary on_press=Callback::new(move |()| open.set(true))/>
                </div>
            }>
                <form class="form card-part" novalidate on:submit=on_submit(submit)>
                    {form_notices(form)}
                    <input type="text" hidden autocomplete="username" prop:value=name/>
                    <PasswordInput pointer="#/current" label=tr!(form.current_password) value=current errors=form.errors()
                        autocomplete="current-password"/>
                    <PasswordInput pointer="#/new" label=tr!(form.new_password) value=new errors=form.errors()
                        hint=tr!(form.password_hint) autocomplete="new-password"/>
                    <div class="card-actions">
                        <Button label=w!("Save the password", "パスワードを保存") submit=true pending=form.pending()/>
                        <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| { form.clear(); open.set(false); })/>
                    </div>
                </form>
            </Show>
            <p class="visually-hidden" role="status">{move || open.get().then(|| text(w!("The form is open.", "入力欄が開きました。")))}</p>
        </Card>
    }
    .into_any()
}

async fn verifier_guard(
    verifier: super::verify::Verifier,
    change: ChangePassword,
) -> Result<(), crate::shared::api::failure::Failure> {
    verifier.guard(|| api::change_password(change.clone())).await
}
