//! Differences between our orders and Salesforce.

use super::super::api;
use super::super::parts::frame::head;
use super::super::parts::list::{Nothing, at, choices, list, said};
use super::super::words::{drift, w};
use crate::components::ui::chip::{StatusChip, Tone};
use crate::providers::language::text;
use domain::ops::DriftView;
use leptos::prelude::*;

const NOTHING: Nothing = Nothing {
    title: w!("No differences", "差異はありません"),
    text: w!("Our orders and Salesforce agree.", "ポータルとSalesforceは一致しています。"),
};

/// The page `/ops/drift?open=…&page=…`.
#[component]
pub fn Drift() -> AnyView {
    let which = vec![("", w!("All", "すべて")), ("true", w!("Still there", "未解消"))];
    view! {
        {head(w!("Differences", "差異"), w!("What the comparison with Salesforce has found.", "Salesforceとの照合結果。"))}
        <div class="filters">{choices("open", w!("Which", "表示"), which)}</div>
        {list(|query| Box::pin(api::drift(query)), row, NOTHING)}
    }
    .into_any()
}

fn row(found: DriftView, _reload: Callback<()>) -> AnyView {
    let (tone, words) = match (found.resolved_at, found.mends_itself) {
        (Some(_), _) => (Tone::Off, w!("Gone", "解消済み")),
        (None, true) => (Tone::Busy, w!("Mends itself", "自動修復中")),
        (None, false) => (Tone::Bad, w!("Needs a person", "要対応")),
    };
    let number = found.order_number.clone();
    let order = match (found.order_id, number) {
        (Some(id), Some(number)) => Some(
            view! { <a href=format!("/ops/runs/{id}")>{text(w!("Order", "注文"))} " " {number}</a> " · " }.into_any(),
        ),
        (None, Some(number)) => Some(view! { {text(w!("Order", "注文"))} " " {number} " · " }.into_any()),
        (_, None) => None,
    };
    view! {
        <li class="row fact-row">
            <div class="fact-head">
                <p class="row-title">{said(drift(&found.kind))}</p>
                <StatusChip tone=tone label=words/>
            </div>
            <p class="row-sub">
                {order} {text(w!("seen", "検出"))} " " {at(found.first_seen)} " – " {at(found.resolved_at.unwrap_or(found.last_seen))}
            </p>
            <p class="reference">"Salesforce " <code>{found.salesforce_order_id}</code></p>
        </li>
    }
    .into_any()
}
