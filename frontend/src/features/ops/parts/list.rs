//! Lists whose filters and page number live in the address.

use super::super::words::{Named, w};
use super::frame::keep_fresh;
use crate::components::molecules::empty::Empty;
use crate::components::molecules::loaded::loaded;
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{Tr, language, tag, text};
use crate::shared::api::failure::Failure;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::format;
use domain::Timestamp;
use domain::common::page::Page;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

type Fetch<T> = fn(String) -> LocalBoxFuture<'static, Result<Page<T>, Failure>>;

/// What a list says when it is empty.
#[derive(Clone, Copy)]
pub struct Nothing {
    pub title: Tr,
    pub text: Tr,
}

/// The list, asked for again when the address changes and every five seconds.
pub fn list<T: Clone + PartialEq + Send + Sync + 'static>(
    fetch: Fetch<T>,
    row: fn(T, Callback<()>) -> AnyView,
    nothing: Nothing,
) -> AnyView {
    let search = use_location().search;
    let query = Memo::new(move |_| search.with(|s| if s.is_empty() { String::new() } else { ["?", s].concat() }));
    let loader = Loader::new(move || fetch(query.get_untracked()));
    Effect::new(move |shown: Option<String>| {
        let query = query.get();
        if shown.is_some_and(|shown| shown != query) {
            loader.reload();
        }
        query
    });
    keep_fresh(loader);
    let reload = Callback::new(move |()| loader.reload());
    let body = move |page: Signal<Page<T>>| {
        let view = move || {
            page.with(|page| {
                if page.items.is_empty() {
                    return view! { <div class="card"><Empty title=nothing.title text=nothing.text/></div> }.into_any();
                }
                let rows = page.items.iter().cloned().map(|item| row(item, reload));
                view! { {count(page.total)} <ul class="rows card">{rows.collect::<Vec<_>>()}</ul> {pager(page.page, page.pages())} }
                    .into_any()
            })
        };
        view.into_any()
    };
    loaded(loader, || view! { <div class="card"><Skeleton lines=8/></div> }.into_any(), body)
}

fn count(total: u64) -> AnyView {
    let of = move || {
        let words = w!(" found", " 件").get(language());
        if total >= 10_000 { ["10000+", words].concat() } else { [&total.to_string(), words].concat() }
    };
    view! { <p class="muted count" role="status">{of}</p> }.into_any()
}

fn pager(page: u32, pages: u32) -> AnyView {
    if pages < 2 {
        return ().into_any();
    }
    let location = use_location();
    let link = move |label: Tr, number: u32| {
        let href =
            Signal::derive(move || with(&location.search.get(), "page", &number.to_string(), &location.pathname.get()));
        view! { <LinkButton label=label href=href weight=Weight::Secondary/> }.into_any()
    };
    let newer = (page > 1).then(|| link(w!("Newer", "新しい"), page - 1));
    let older = (page < pages).then(|| link(w!("Older", "古い"), page + 1));
    view! { <nav class="step-buttons" aria-label=text(w!("Pages", "ページ"))>{newer} {older}</nav> }.into_any()
}

/// An address with one filter changed; another filter begins at the first page again.
fn with(search: &str, name: &str, value: &str, path: &str) -> String {
    let kept = search.split('&').filter(|pair| {
        let of = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && of != name && of != "page"
    });
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    if !value.is_empty() {
        pairs.push([name, "=", &crate::shared::utils::browser::encode_component(value)].concat());
    }
    if pairs.is_empty() { path.to_owned() } else { [path, "?", &pairs.join("&")].concat() }
}

fn value_of(search: &str, name: &str) -> String {
    let pair = search.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    pair.unwrap_or_default().to_owned()
}

/// Links of which one is chosen: a filter by a name, or none.
pub fn choices(name: &'static str, label: Tr, values: Vec<(&'static str, Tr)>) -> AnyView {
    let location = use_location();
    let link = move |(value, words): (&'static str, Tr)| {
        let href = move || with(&location.search.get(), name, value, &location.pathname.get());
        let current = move || location.search.with(|s| value_of(s, name) == value).then_some("true");
        view! { <li><a class="tab" href=href aria-current=current data-noscroll="true">{text(words)}</a></li> }
            .into_any()
    };
    view! {
        <nav aria-label=text(label)><ul class="tabs">{values.into_iter().map(link).collect::<Vec<_>>()}</ul></nav>
    }
    .into_any()
}

/// Says that a filter is on which a row of the list has set, and takes it away.
pub fn chosen(name: &'static str, label: Tr, all: Tr) -> AnyView {
    let location = use_location();
    let is_on = Memo::new(move |_| location.search.with(|s| !value_of(s, name).is_empty()));
    let href = move || with(&location.search.get(), name, "", &location.pathname.get());
    view! {
        <Show when=move || is_on.get()>
            <p class="muted">{text(label)} " · " <a href=href data-noscroll="true">{text(all)}</a></p>
        </Show>
    }
    .into_any()
}

/// A filter by digits, such as an order number.
pub fn search(name: &'static str, label: Tr) -> AnyView {
    let location = use_location();
    let navigate = use_navigate();
    let typed = RwSignal::new(location.search.with_untracked(|s| value_of(s, name)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let digits: String = typed.get_untracked().chars().filter(char::is_ascii_digit).take(20).collect();
        let href = with(&location.search.get_untracked(), name, &digits, &location.pathname.get_untracked());
        navigate(&href, NavigateOptions { replace: true, scroll: false, ..Default::default() });
    };
    view! {
        <form class="select-field" role="search" on:submit=submit>
            <label for="find">{text(label)}</label>
            <input class="input" id="find" inputmode="numeric" maxlength="20" autocomplete="off"
                prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event))/>
            <button type="submit" class="btn btn-secondary">{text(w!("Find", "検索"))}</button>
        </form>
    }
    .into_any()
}

/// A time as `<time>`.
pub fn at(at: Timestamp) -> AnyView {
    view! { <time datetime=at.to_string()>{move || format::moment(tag(), at)}</time> }.into_any()
}

/// Words for a stored name, in the chosen language.
pub fn said(named: Named) -> impl Fn() -> String + Send + Sync + 'static {
    move || named.get(language())
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn filters_are_read_from_the_address() {
        assert_eq!(value_of("stage=active&order=12", "order"), "12");
        assert_eq!(value_of("reorder=1", "order"), "");
    }
}
