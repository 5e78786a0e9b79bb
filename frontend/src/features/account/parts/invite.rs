//! Inviting somebody.

use super::super::api;
use super::role_fields::role_fields;
use super::verify::use_verifier;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::field::TextInput;
use crate::providers::language::language;
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::{tr, w};
use domain::auth::Role;
use domain::common::pii::Pii;
use domain::people::NewInvitation;
use domain::subscriptions::Subscription;
use leptos::prelude::*;

/// The form; `done` when a mail is on its way.
pub fn invite(mine: Role, services: Signal<Vec<Subscription>>, done: Callback<()>, cancel: Callback<()>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&["#/email", "#/role", "#/lines"]);
    let (email, role, lines) = (RwSignal::new(String::new()), RwSignal::new(Role::LineUser), RwSignal::new(Vec::new()));
    let submit = move || {
        let chosen = role.get_untracked();
        let new = NewInvitation {
            email: Pii::new(email.get_untracked().trim().to_owned()),
            role: chosen,
            lines: if chosen.has_lines() { lines.get_untracked() } else { Vec::new() },
            language: untrack(language),
        };
        let send = move |new: NewInvitation| async move { verifier.guard(|| api::invite(new.clone())).await };
        form.send(new, send, move |()| {
            toasts.say(w!("The invitation is on its way.", "招待メールを送信しました。"));
            done.run(());
        });
    };
    view! {
        <form class="form" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            <TextInput pointer="#/email" label=tr!(form.email) value=email errors=form.errors() kind="email" autocomplete="off"
                inputmode="email" hint=w!("The link in the mail is good for seven days.", "メールのリンクは7日間有効です。")/>
            {role_fields(mine, role, lines, services, form.errors())}
            <div class="card-actions">
                <Button label=w!("Send the invitation", "招待を送信") submit=true pending=form.pending()/>
                <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=cancel/>
            </div>
        </form>
    }
    .into_any()
}
