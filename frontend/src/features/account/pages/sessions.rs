//! Signed-in browsers, and signing them out.

use super::super::api;
use super::super::parts::verify::use_verifier;
use crate::components::molecules::form_notices::form_notices;
use crate::components::molecules::loaded::loaded;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::chip::Badge;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{now, tag, text};
use crate::providers::toasts::use_toasts;
use crate::shared::hooks::form::Form;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::w;
use domain::people::{SessionInfo, SessionList};
use leptos::prelude::*;

/// The page `/account/sessions`.
pub fn sessions() -> AnyView {
    let loader = Loader::new(|| Box::pin(api::sessions()));
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let form = Form::new(&[]);
    let others = move |()| {
        form.run(async move { verifier.guard(api::end_other_sessions).await }, move |ended| {
            let words = w!("Other devices signed out: {n}", "ログアウトした端末：{n}");
            toasts.say(untrack(|| fill(now(words), &[("n", &ended.ended.to_string())])));
            loader.reload();
        });
    };
    let body = move |list: Signal<SessionList>| {
        let several = Memo::new(move |_| list.with(|l| l.sessions.len() > 1));
        let rows = move || list.get().sessions.into_iter().map(|s| row(s, loader)).collect::<Vec<_>>();
        view! {
            <ul class="entries" aria-label=move || now(w!("Devices", "端末"))>{rows}</ul>
            {form_notices(form)}
            <Show when=move || several.get()>
                <div class="card-actions">
                    <Button label=w!("Sign out everywhere else", "他のすべての端末をログアウト") weight=Weight::Secondary
                        pending=form.pending() on_press=Callback::new(others)/>
                </div>
            </Show>
        }
        .into_any()
    };
    view! {
        <Card id="sessions" title=w!("Signed in", "ログイン中")>
            <p class="muted">
                {text(w!("A device that you do not know? Sign it out, then change your password.", "心当たりのない端末がある場合は、ログアウトさせてからパスワードを変更してください。"))}
            </p>
            {loaded(loader, || view! { <Skeleton lines=4/> }.into_any(), body)}
        </Card>
    }
    .into_any()
}

fn row(session: SessionInfo, loader: Loader<SessionList>) -> AnyView {
    let (verifier, toasts) = (use_verifier(), use_toasts());
    let SessionInfo { id, current, device, address, created_at, last_used_at } = session;
    let form = Form::new(&[]);
    let end = move |()| {
        form.run(async move { verifier.guard(|| api::end_session(id)).await }, move |()| {
            toasts.say(w!("Signed out there.", "ログアウトしました。"));
            loader.reload();
        });
    };
    let device = move || device.clone().unwrap_or_else(|| now(w!("Unknown device", "不明な端末")).to_owned());
    let times = move || {
        let values =
            [("used", format::date_time(tag(), last_used_at)), ("since", format::date_time(tag(), created_at))];
        let words = w!("Last used {used} · signed in {since}", "最終使用：{used}・ログイン：{since}");
        fill(now(words), &values.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    let network = address.map(|address| {
        let words =
            move || fill(now(w!("Network {address}", "ネットワーク：{address}")), &[("address", address.reveal())]);
        view! { <p class="entry-sub">{words}</p> }
    });
    let act = if current {
        view! { <Badge label=w!("This device", "この端末")/> }.into_any()
    } else {
        view! { <Button label=w!("Sign out", "ログアウト") weight=Weight::Quiet pending=form.pending() on_press=Callback::new(end)/> }.into_any()
    };
    view! {
        <li class="entry entry-line">
            <div class="entry-main">
                <p class="entry-title">{device}</p>
                <p class="entry-sub">{times}</p>
                {network}
            </div>
            {act}
            {form_notices(form)}
        </li>
    }
    .into_any()
}
