//! The mail address, and changing it with a confirmation at both addresses.

use super::super::api;
use super::verify::use_verifier;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::molecules::loaded::loaded;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::chip::{StatusChip, Tone};
use crate::components::ui::field::TextInput;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{Tr, now, tag, text};
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{tr, w};
use domain::auth::{EmailForm, EmailView, PendingEmail};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// The card of the mail address.
pub fn email_change() -> AnyView {
    let loader = Loader::new(|| Box::pin(api::email()));
    let body = move |view: Signal<EmailView>| {
        let pending = Memo::new(move |_| view.with(|v| v.pending.clone()));
        let inside = move || match pending.get() {
            Some(pending) => waiting(&pending, loader),
            None => change(loader),
        };
        view! {
            <p>{move || view.with(|v| v.email.reveal().clone())}</p>
            {inside}
        }
        .into_any()
    };
    view! {
        <Card id="email" title=tr!(form.email)>
            {loaded(loader, || view! { <Skeleton lines=2/> }.into_any(), body)}
        </Card>
    }
    .into_any()
}

fn change(loader: Loader<EmailView>) -> AnyView {
    let verifier = use_verifier();
    let open = RwSignal::new(false);
    let form = Form::new(&["#/email"]);
    let email = RwSignal::new(String::new());
    let submit = move || {
        let new = EmailForm { email: Pii::new(email.get_untracked().trim().to_owned()) };
        let send = move |new: EmailForm| async move { verifier.guard(|| api::change_email(new.clone())).await };
        form.send(new, send, move |()| loader.reload());
    };
    view! {
        <Show when=move || open.get() fallback=move || view! {
            <div class="card-actions">
                <Button label=w!("Change the address", "アドレスを変更") weight=Weight::Secondary on_press=Callback::new(move |()| open.set(true))/>
            </div>
        }>
            <form class="form card-part" novalidate on:submit=on_submit(submit)>
                {form_notices(form)}
                <TextInput pointer="#/email" label=w!("New address", "新しいアドレス") value=email errors=form.errors() kind="email"
                    hint=w!("We write to both addresses; it changes when both mails are confirmed.", "両方のアドレスにメールをお送りします。両方で確認が済むと変更されます。")
                    autocomplete="email" inputmode="email"/>
                <div class="card-actions">
                    <Button label=w!("Send the mails", "メールを送信") submit=true pending=form.pending()/>
                    <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| { form.clear(); open.set(false); })/>
                </div>
            </form>
        </Show>
    }
    .into_any()
}

fn waiting(pending: &PendingEmail, loader: Loader<EmailView>) -> AnyView {
    let toasts = use_toasts();
    let form = Form::new(&[]);
    let withdraw = move |()| {
        form.run(api::withdraw_email(), move |()| {
            toasts.say(w!(
                "The change is withdrawn. Its links no longer work.",
                "変更を取り消しました。メールのリンクは無効です。"
            ));
            loader.reload();
        });
    };
    let (to, until) = (pending.email.reveal().clone(), pending.expires_at);
    let lead = move || {
        let words = w!("Waits to become {email}, until {time}.", "{email} への変更を確認中です（{time}まで）。");
        fill(now(words), &[("email", &to), ("time", &format::date_time(tag(), until))])
    };
    let half = |done: bool, words: Tr| {
        let (tone, state): (Tone, Tr) = if done {
            (Tone::Good, w!("Confirmed", "確認済み"))
        } else {
            (Tone::Busy, w!("Waiting", "確認待ち"))
        };
        view! { <li class="entry entry-line"><span>{text(words)}</span> <StatusChip tone=tone label=state/></li> }
    };
    view! {
        <div class="card-part">
            <p role="status">{lead}</p>
            <ul class="entries">
                {half(pending.old_confirmed, w!("Mail to the present address", "現在のアドレスへのメール"))}
                {half(pending.new_confirmed, w!("Mail to the new address", "新しいアドレスへのメール"))}
            </ul>
            {form_notices(form)}
            <div class="card-actions">
                <Button label=w!("Withdraw the change", "変更を取り消す") weight=Weight::Secondary pending=form.pending() on_press=Callback::new(withdraw)/>
            </div>
        </div>
    }
    .into_any()
}
