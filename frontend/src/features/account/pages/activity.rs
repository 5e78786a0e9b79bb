//! What happened, a page at a time.

use super::super::{api, words};
use crate::components::molecules::empty::Empty;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::ui::button::{Button, Weight};
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{Tr, now, tag, text};
use crate::shared::hooks::form::Form;
use crate::shared::utils::format;
use crate::w;
use domain::account::{Activity, By, Entry};
use leptos::prelude::*;

/// The page `/account/activity`.
pub fn activity() -> AnyView {
    let entries = RwSignal::new(Vec::<Entry>::new());
    let next = RwSignal::new(None::<String>);
    let asked = RwSignal::new(false);
    let form = Form::new(&[]);
    let more = move |()| {
        form.run(api::activity(next.get_untracked()), move |page: Activity| {
            entries.update(|all| all.extend(page.entries));
            next.set(page.next);
            asked.set(true);
        });
    };
    more(());
    let list = move || {
        if !asked.get() {
            return form
                .failure()
                .is_none()
                .then(|| view! { <div class="card"><Skeleton lines=6/></div> }.into_any())
                .into_any();
        }
        if entries.with(Vec::is_empty) {
            return view! {
                <div class="card">
                    <Empty title=w!("Nothing yet", "記録はまだありません") text=w!("What happens on your account stands here.", "アカウントでの操作がここに表示されます。")/>
                </div>
            }
            .into_any();
        }
        let rows = move || entries.get().into_iter().map(row).collect::<Vec<_>>();
        view! { <ol class="entries card" aria-label=move || now(w!("Activity", "操作の記録"))>{rows}</ol> }.into_any()
    };
    view! {
        {list}
        {move || form.failure().map(|f| view! { <FailurePanel failure=f on_retry=Callback::new(more)/> })}
        <Show when=move || next.with(Option::is_some)>
            <div><Button label=w!("Show older", "以前の記録を表示") weight=Weight::Secondary pending=form.pending() on_press=Callback::new(more)/></div>
        </Show>
    }
    .into_any()
}

fn row(entry: Entry) -> AnyView {
    let Entry { at, kind, by, address, device, data } = entry;
    let who: Tr = match by {
        By::You => w!("You", "あなた"),
        By::Member { .. } => w!("Somebody else of this account", "このアカウントの他のメンバー"),
        By::Operator => w!("Our staff", "当社担当者"),
        By::Portal => w!("The portal", "ポータル"),
    };
    let origin = [device, address.map(|a| a.into_inner())].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let origin = (!origin.is_empty()).then(|| view! { " · " {origin} });
    let order = data.order_id.zip(data.order_number).map(|(id, number)| {
        view! { " · " <a href=format!("/orders/{id}")>{number}</a> }
    });
    view! {
        <li class="entry">
            <div class="entry-main">
                <p class="entry-title">{text(words::activity(kind))}</p>
                <p class="entry-sub">
                    <time datetime=at.to_string()>{move || format::date_time(tag(), at)}</time> " · " {text(who)} {origin} {order}
                </p>
            </div>
        </li>
    }
    .into_any()
}
