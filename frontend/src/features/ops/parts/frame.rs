//! What every staff page has: its title, the list of pages, and values that are asked for again every five seconds.

use super::super::words::w;
use crate::components::ui::page_title::PageTitle;
use crate::providers::language::{Text, Tr, text};
use crate::shared::hooks::loader::Loader;
use futures_util::future::abortable;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;

/// Milliseconds between two questions.
const EVERY_MS: u32 = 5_000;

const PAGES: [(&str, Tr); 5] = [
    ("/ops", w!("Overview", "概要")),
    ("/ops/runs", w!("Runs", "処理")),
    ("/ops/jobs", w!("Jobs", "ジョブ")),
    ("/ops/drift", w!("Differences", "差異")),
    ("/ops/audit", w!("Log", "記録")),
];

/// Title and links to the other pages.
pub fn head(title: impl Into<Text>, lead: Tr) -> AnyView {
    let path = use_location().pathname;
    let link = move |(href, name): (&'static str, Tr)| {
        let current = move || path.with(|p| p == href || (href != "/ops" && p.starts_with(href))).then_some("page");
        view! { <li><a class="tab" href=href aria-current=current>{text(name)}</a></li> }.into_any()
    };
    let title: Text = title.into();
    view! {
        <PageTitle title=title lead=lead/>
        <nav class="ops-nav" aria-label=text(w!("Operations", "運用"))>
            <ul class="tabs">{PAGES.map(link).into_iter().collect::<Vec<_>>()}</ul>
        </nav>
    }
    .into_any()
}

/// Asks again every five seconds while the page can be seen.
pub fn keep_fresh<T: Clone + PartialEq + Send + Sync + 'static>(loader: Loader<T>) {
    keep_fresh_while(loader, || true);
}

/// The same, as long as the value is wanted.
pub fn keep_fresh_while<T: Clone + PartialEq + Send + Sync + 'static>(
    loader: Loader<T>,
    wanted: impl Fn() -> bool + 'static,
) {
    let (task, handle) = abortable(async move {
        loop {
            TimeoutFuture::new(EVERY_MS).await;
            if !document().hidden() && wanted() {
                loader.reload();
            }
        }
    });
    spawn_local(async move {
        // An abort is the only way out.
        let _ = task.await;
    });
    on_cleanup(move || handle.abort());
}
