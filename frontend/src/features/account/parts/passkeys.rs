//! Passkeys: adding, renaming, removing.

use super::super::api;
use super::codes::codes;
use super::verify::use_verifier;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::field::TextInput;
use crate::components::ui::icon::Icon;
use crate::components::ui::notice::{Notice, Urgency};
use crate::providers::language::{Tr, now, tag, text};
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::shared::utils::passkey::{self, NoPasskey};
use crate::{tr, w};
use domain::PasskeyId;
use domain::auth::sign_in::{NewPasskey, Passkey, PasskeyAdded, RenamePasskey, Security};
use domain::common::pii::Pii;
use leptos::prelude::*;

/// What is open in the card.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    Rest,
    Add,
    Rename(PasskeyId),
    Remove(PasskeyId),
    Codes(Vec<String>),
}

/// The card of the passkeys.
pub fn passkeys(security: Signal<Security>, reload: Loader<Security>) -> AnyView {
    let step = RwSignal::new(Step::Rest);
    let list = Memo::new(move |_| security.with(|s| s.passkeys.clone()));
    let rows = move || list.get().into_iter().map(|key| row(key, step, reload)).collect::<Vec<_>>();
    let foot = move || {
        match step.get() {
        Step::Add => add(step, reload),
        Step::Codes(list) => codes(&list, Callback::new(move |()| step.set(Step::Rest))),
        _ if !passkey::supported() => view! {
            <p class="muted card-part">{text(w!("This browser has no passkeys.", "このブラウザーはパスキーに対応していません。"))}</p>
        }
        .into_any(),
        _ => view! {
            <div class="card-actions">
                <Button label=w!("Add a passkey", "パスキーを追加") icon=Icon::Key weight=Weight::Secondary
                    on_press=Callback::new(move |()| step.set(Step::Add))/>
            </div>
        }
        .into_any(),
    }
    };
    view! {
        <Card id="passkeys" title=w!("Passkeys", "パスキー")>
            <p class="muted">
                {text(w!(
                    "Sign in with your fingerprint, your face or the PIN of your device, without a password. Nobody can ask you for it on a false page.",
                    "指紋・顔・端末のPINでログインできます。パスワードは不要で、偽のサイトに盗まれることもありません。"
                ))}
            </p>
            <ul class="entries" aria-label=move || now(w!("Passkeys", "パスキー"))>{rows}</ul>
            {foot}
        </Card>
    }
    .into_any()
}

fn row(key: Passkey, step: RwSignal<Step>, reload: Loader<Security>) -> AnyView {
    let Passkey { id, name, created_at, last_used_at } = key;
    let name = name.into_inner();
    let times = move || {
        let added = fill(now(w!("Added {time}", "追加：{time}")), &[("time", &format::date_time(tag(), created_at))]);
        let used = match last_used_at {
            Some(at) => {
                fill(now(w!("last used {time}", "最終使用：{time}")), &[("time", &format::date_time(tag(), at))])
            }
            None => now(w!("not used yet", "未使用")).to_owned(),
        };
        [added, used].join(" · ")
    };
    let typed = name.clone();
    let below = move || {
        match step.get() {
        Step::Rename(open) if open == id => rename(id, typed.clone(), step, reload),
        Step::Remove(open) if open == id => remove(id, step, reload),
        _ => view! {
            <div class="entry-actions">
                <Button label=w!("Rename", "名前を変更") weight=Weight::Quiet on_press=Callback::new(move |()| step.set(Step::Rename(id)))/>
                <Button label=w!("Remove", "削除") weight=Weight::Quiet on_press=Callback::new(move |()| step.set(Step::Remove(id)))/>
            </div>
        }
        .into_any(),
    }
    };
    view! {
        <li class="entry">
            <div class="entry-main"><p class="entry-title">{name}</p><p class="entry-sub">{times}</p></div>
            {below}
        </li>
    }
    .into_any()
}

fn cancel(step: RwSignal<Step>) -> AnyView {
    view! { <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| step.set(Step::Rest))/> }
        .into_any()
}

fn rename(id: PasskeyId, name: String, step: RwSignal<Step>, reload: Loader<Security>) -> AnyView {
    let verifier = use_verifier();
    let form = Form::new(&["#/name"]);
    let name = RwSignal::new(name);
    let submit = move || {
        let new = RenamePasskey { name: Pii::new(name.get_untracked().trim().to_owned()) };
        let send =
            move |new: RenamePasskey| async move { verifier.guard(|| api::rename_passkey(id, new.clone())).await };
        form.send(new, send, move |()| {
            step.set(Step::Rest);
            reload.reload();
        });
    };
    view! {
        <form class="form entry-form" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            <TextInput pointer="#/name" label=tr!(form.name) value=name errors=form.errors() autocomplete="off"/>
            <div class="card-actions">
                <Button label=w!("Save", "保存") submit=true pending=form.pending()/>
                {cancel(step)}
            </div>
        </form>
    }
    .into_any()
}

fn remove(id: PasskeyId, step: RwSignal<Step>, reload: Loader<Security>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&[]);
    let press = move |()| {
        form.run(async move { verifier.guard(|| api::remove_passkey(id)).await }, move |()| {
            toasts.say(w!(
                "Passkey removed. Delete it on your device, too.",
                "パスキーを削除しました。端末側でも削除してください。"
            ));
            step.set(Step::Rest);
            reload.reload();
        });
    };
    view! {
        <div class="entry-form">
            {form_notices(form)}
            <p>{text(w!("Nobody can sign in with it any more.", "このパスキーではログインできなくなります。"))}</p>
            <div class="card-actions">
                <Button label=w!("Remove this passkey", "このパスキーを削除") pending=form.pending() on_press=Callback::new(press)/>
                {cancel(step)}
            </div>
        </div>
    }
    .into_any()
}

fn add(step: RwSignal<Step>, reload: Loader<Security>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&["#/name"]);
    let name = RwSignal::new(String::new());
    let refused = RwSignal::new(None::<NoPasskey>);
    let submit = move || {
        refused.set(None);
        let rule = RenamePasskey { name: Pii::new(name.get_untracked().trim().to_owned()) };
        let send = move |rule: RenamePasskey| async move {
            let ceremony = verifier.guard(api::passkey_start).await?;
            let credential = match passkey::create(&ceremony.options).await {
                Ok(credential) => credential,
                Err(reason) => return Ok(Err(reason)),
            };
            let new = NewPasskey { ceremony: Pii::new(ceremony.ceremony), credential, name: rule.name };
            api::passkey_finish(new).await.map(Ok::<PasskeyAdded, NoPasskey>)
        };
        form.send(rule, send, move |outcome: Result<PasskeyAdded, NoPasskey>| match outcome {
            Ok(added) => {
                toasts.say(w!("Passkey added.", "パスキーを追加しました。"));
                step.set(if added.recovery_codes.is_empty() { Step::Rest } else { Step::Codes(added.recovery_codes) });
                reload.reload();
            }
            Err(reason) => refused.set(Some(reason)),
        });
    };
    let said = move || {
        refused.get().map(|reason| {
            let words: Tr = match reason {
                NoPasskey::GivenUp => w!(
                    "No passkey was made. You can try again.",
                    "パスキーは作成されませんでした。もう一度お試しください。"
                ),
                NoPasskey::AlreadyThere => {
                    w!("This device has a passkey of your account already.", "この端末にはすでにパスキーがあります。")
                }
                NoPasskey::NotPossible => {
                    w!("This browser could not make a passkey.", "このブラウザーではパスキーを作成できませんでした。")
                }
            };
            view! { <Notice urgency=Urgency::Caution text=words/> }
        })
    };
    view! {
        <form class="form card-part" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            {said}
            <TextInput pointer="#/name" label=w!("What do you call it?", "パスキーの名前") value=name errors=form.errors()
                hint=w!("Such as: my phone.", "例：自分のスマートフォン") autocomplete="off"/>
            <div class="card-actions">
                <Button label=w!("Make a passkey", "パスキーを作成") submit=true pending=form.pending()/>
                {cancel(step)}
            </div>
        </form>
    }
    .into_any()
}
