//! All orders of the customer.

use super::super::api;
use crate::components::molecules::empty::Empty;
use crate::components::molecules::loaded::loaded;
use crate::components::organisms::order_row::OrderRow;
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::live::use_live;
use crate::shared::hooks::loader::Loader;
use crate::{t, tr};
use domain::common::page::Page;
use domain::live::ServerMessage;
use domain::orders::OrderSummary;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page `/orders`.
#[component]
pub fn OrderList() -> AnyView {
    let query = use_query_map();
    let number =
        Memo::new(move |_| query.with(|q| q.get("page").and_then(|p| p.parse::<u32>().ok())).unwrap_or(1).max(1));
    let orders = Loader::new(move || Box::pin(api::list(number.get_untracked())));
    Effect::new(move |shown: Option<u32>| {
        let number = number.get();
        if shown.is_some_and(|shown| shown != number) {
            orders.reload();
        }
        number
    });
    use_live().listen(move |message| {
        if matches!(message, ServerMessage::OrderChanged { .. } | ServerMessage::Ready) {
            orders.reload();
        }
    });
    view! {
        <PageTitle title=tr!(nav.orders) lead=tr!(orders.lead)/>
        {loaded(orders, || view! { <div class="card"><Skeleton lines=6/></div> }.into_any(), rows)}
    }
    .into_any()
}

fn rows(page: Signal<Page<OrderSummary>>) -> AnyView {
    let view = move || {
        page.with(|page| {
            if page.items.is_empty() {
                let action = || view! { <LinkButton label=tr!(home.see_plans) href="/plans"/> }.into_any();
                view! { <div class="card"><Empty title=tr!(orders.empty) text=tr!(orders.empty_text) action=action/></div> }
                    .into_any()
            } else {
                let rows = page.items.iter().cloned().map(|order| view! { <OrderRow order=order/> });
                view! { <ul class="rows card">{rows.collect::<Vec<_>>()}</ul> {pager(page)} }.into_any()
            }
        })
    };
    view.into_any()
}

/// Links to the neighbouring pages; nothing when all orders fit on one.
fn pager(page: &Page<OrderSummary>) -> AnyView {
    if page.pages() < 2 {
        return ().into_any();
    }
    let link = |label, number: u32| {
        view! { <LinkButton label=label href=format!("/orders?page={number}") weight=Weight::Secondary/> }.into_any()
    };
    let newer = (page.page > 1).then(|| link(tr!(orders.newer), page.page - 1));
    let older = (page.page < page.pages()).then(|| link(tr!(orders.older), page.page + 1));
    view! { <nav class="step-buttons" aria-label=t!(nav.orders)>{newer} {older}</nav> }.into_any()
}
