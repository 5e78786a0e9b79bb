//! A member of the account, and an invitation that waits.

use super::super::api;
use super::role_fields::{line_name, role_fields};
use super::verify::use_verifier;
use crate::components::molecules::form_notices::{form_notices, on_submit};
use crate::components::organisms::roles::role_name;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::chip::{Badge, StatusChip, Tone};
use crate::providers::language::{Tr, now, tag, text};
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{tr, w};
use domain::ServiceId;
use domain::auth::Role;
use domain::people::{Invitation, Member, MemberChange};
use domain::subscriptions::Subscription;
use leptos::prelude::*;

/// What is open below a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Change,
    Remove,
}

/// Names of lines, where the role is limited to some.
fn lines_text(lines: &[ServiceId], services: &[Subscription]) -> String {
    let names = lines.iter().map(|id| {
        services
            .iter()
            .find(|s| s.id == *id)
            .map_or_else(|| now(w!("a line that has ended", "終了した回線")).to_owned(), line_name)
    });
    names.collect::<Vec<_>>().join(now(tr!(common.list_comma)))
}

pub fn member(mine: Role, member: Member, services: Signal<Vec<Subscription>>, changed: Callback<()>) -> AnyView {
    let open = RwSignal::new(Open::Nothing);
    let (family, given) = (member.family_name.reveal().clone(), member.given_name.reveal().clone());
    let name = move || fill(now(tr!(auth.full_name)), &[("family", &family), ("given", &given)]);
    let (role, lines) = (member.role, member.lines.clone());
    let own_lines =
        move || role.has_lines().then(|| view! { <p class="entry-sub">{services.with(|s| lines_text(&lines, s))}</p> });
    let me = member.me.then(|| view! { <Badge label=w!("You", "あなた")/> });
    let may = mine.may_touch(role);
    let whole = StoredValue::new(member.clone());
    let below = move || {
        match open.get() {
        Open::Change => whole.with_value(|m| change(mine, m, services, open, changed)),
        Open::Remove => whole.with_value(|m| remove(m, open, changed)),
        Open::Nothing if may => view! {
            <div class="entry-actions">
                <Button label=w!("Change", "変更") weight=Weight::Quiet on_press=Callback::new(move |()| open.set(Open::Change))/>
                <Button label=w!("Remove", "削除") weight=Weight::Quiet on_press=Callback::new(move |()| open.set(Open::Remove))/>
            </div>
        }
        .into_any(),
        Open::Nothing => ().into_any(),
    }
    };
    view! {
        <li class="entry">
            <div class="entry-main">
                <p class="entry-title">{name} " " {me}</p>
                <p class="entry-sub">{member.email.reveal().clone()} " · " {text(role_name(role))}</p>
                {own_lines}
            </div>
            {below}
        </li>
    }
    .into_any()
}

fn change(
    mine: Role,
    member: &Member,
    services: Signal<Vec<Subscription>>,
    open: RwSignal<Open>,
    changed: Callback<()>,
) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&["#/role", "#/lines"]);
    let (id, role, lines) = (member.id, RwSignal::new(member.role), RwSignal::new(member.lines.clone()));
    let submit = move || {
        let chosen = role.get_untracked();
        let change =
            MemberChange { role: chosen, lines: if chosen.has_lines() { lines.get_untracked() } else { Vec::new() } };
        let send =
            move |change: MemberChange| async move { verifier.guard(|| api::change_member(id, change.clone())).await };
        form.send(change, send, move |()| {
            toasts.say(w!("Role changed. It holds at once.", "役割を変更しました。すぐに反映されます。"));
            changed.run(());
        });
    };
    view! {
        <form class="form entry-form" novalidate on:submit=on_submit(submit)>
            {form_notices(form)}
            {role_fields(mine, role, lines, services, form.errors())}
            <div class="card-actions">
                <Button label=w!("Save", "保存") submit=true pending=form.pending()/>
                <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| open.set(Open::Nothing))/>
            </div>
        </form>
    }
    .into_any()
}

fn remove(member: &Member, open: RwSignal<Open>, changed: Callback<()>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let (id, email) = (member.id, member.email.reveal().clone());
    let form = Form::new(&[]);
    let press = move |()| {
        form.run(async move { verifier.guard(|| api::remove_member(id)).await }, move |()| {
            toasts.say(w!("Removed from the account.", "アカウントから削除しました。"));
            changed.run(());
        });
    };
    let words = move || {
        let words = w!(
            "{email} no longer sees anything of this account, at once.",
            "{email} は、すぐにこのアカウントを利用できなくなります。"
        );
        fill(now(words), &[("email", &email)])
    };
    view! {
        <div class="entry-form">
            {form_notices(form)}
            <p>{words}</p>
            <div class="card-actions">
                <Button label=w!("Remove this person", "このメンバーを削除") pending=form.pending() on_press=Callback::new(press)/>
                <Button label=w!("Cancel", "キャンセル") weight=Weight::Quiet on_press=Callback::new(move |()| open.set(Open::Nothing))/>
            </div>
        </div>
    }
    .into_any()
}

pub fn invitation(
    mine: Role,
    invitation: Invitation,
    services: Signal<Vec<Subscription>>,
    changed: Callback<()>,
) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let Invitation { id, email, role, lines, expires_at, expired, .. } = invitation;
    let form = Form::new(&[]);
    let resend = move |()| {
        form.run(async move { verifier.guard(|| api::resend_invitation(id)).await }, move |()| {
            toasts.say(w!("Sent again. The older link no longer works.", "再送しました。以前のリンクは無効です。"));
            changed.run(());
        });
    };
    let withdraw = move |()| {
        form.run(async move { verifier.guard(|| api::withdraw_invitation(id)).await }, move |()| {
            toasts.say(w!("The invitation is withdrawn.", "招待を取り消しました。"));
            changed.run(());
        });
    };
    let (tone, state): (Tone, Tr) =
        if expired { (Tone::Off, w!("Expired", "期限切れ")) } else { (Tone::Busy, w!("Waiting", "承諾待ち")) };
    let until = move || fill(now(w!("until {time}", "{time}まで")), &[("time", &format::date_time(tag(), expires_at))]);
    let own_lines =
        move || role.has_lines().then(|| view! { <p class="entry-sub">{services.with(|s| lines_text(&lines, s))}</p> });
    let actions = mine.may_touch(role).then(|| {
        view! {
            <div class="entry-actions">
                <Button label=w!("Send again", "再送") weight=Weight::Quiet pending=form.pending() on_press=Callback::new(resend)/>
                <Button label=w!("Withdraw", "取り消す") weight=Weight::Quiet pending=form.pending() on_press=Callback::new(withdraw)/>
            </div>
        }
    });
    view! {
        <li class="entry">
            <div class="entry-main">
                <p class="entry-title">{email.into_inner()} " " <StatusChip tone=tone label=state/></p>
                <p class="entry-sub">{text(role_name(role))} " · " {until}</p>
                {own_lines}
            </div>
            {actions}
            {form_notices(form)}
        </li>
    }
    .into_any()
}
