//! All orders of the customer.

use super::super::api;
use crate::components::molecules::empty::Empty;
use crate::components::molecules::loaded::loaded;
use crate::components::organisms::order_row::OrderRow;
use crate::components::ui::button::LinkButton;
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::live::use_live;
use crate::shared::hooks::loader::Loader;
use crate::tr;
use domain::common::page::Page;
use domain::live::ServerMessage;
use domain::orders::OrderSummary;
use leptos::prelude::*;

/// The page `/orders`.
#[component]
pub fn OrderList() -> AnyView {
    let orders = Loader::new(|| Box::pin(api::list()));
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
                view! { <ul class="rows card">{rows.collect::<Vec<_>>()}</ul> }.into_any()
            }
        })
    };
    view.into_any()
}
