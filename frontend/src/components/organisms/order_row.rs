//! An order in a list.

use crate::components::molecules::states::{chip, stage_words};
use crate::providers::language::{local, now, tag};
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::tr;
use domain::OrderId;
use domain::orders::OrderSummary;
use leptos::prelude::*;

/// Address of an order's page.
pub fn order_href(id: OrderId) -> String {
    format!("/orders/{id}")
}

/// One line that leads to the order.
#[component]
pub fn OrderRow(order: OrderSummary) -> AnyView {
    let (plans, number, placed_at) = (order.plans, order.number, order.placed_at);
    let monthly = order.monthly.gross.to_string();
    let names = move || {
        let names: Vec<String> = plans.iter().map(local).collect();
        names.join(now(tr!(common.list_comma)))
    };
    view! {
        <li class="row">
            <a class="row-link" href=order_href(order.id)>
                <span class="row-main">
                    <span class="row-title">{names}</span>
                    <span class="row-sub">
                        {move || fill(now(tr!(orders.number)), &[("number", &number)])} " · "
                        {move || format::date_time(tag(), placed_at)}
                    </span>
                </span>
                <span class="row-state">{chip(stage_words(order.stage))}</span>
                <span class="row-amount">{monthly} <span class="price-cycle">{crate::t!(price.per_month)}</span></span>
            </a>
        </li>
    }
    .into_any()
}
