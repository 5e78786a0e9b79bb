//! All provisioning runs.

use super::super::api;
use super::super::parts::frame::head;
use super::super::parts::list::{Nothing, at, choices, list, said, search};
use super::super::words::{code, job_state, step, w};
use crate::components::molecules::states::{chip, stage_words};
use crate::providers::language::text;
use domain::ops::RunSummary;
use domain::orders::Stage;
use leptos::prelude::*;

const NOTHING: Nothing = Nothing {
    title: w!("No runs here", "処理はありません"),
    text: w!("A run begins when an order is approved.", "注文が承認されると処理が始まります。"),
};

/// The page `/ops/runs?stage=…&order=…&page=…`.
#[component]
pub fn Runs() -> AnyView {
    let stages = vec![
        ("", w!("All", "すべて")),
        (Stage::NeedsAttention.name(), w!("Need a person", "要対応")),
        (Stage::Provisioning.name(), w!("Under way", "処理中")),
        (Stage::Active.name(), w!("Active", "利用中")),
        (Stage::Rejected.name(), w!("Rejected", "却下")),
    ];
    view! {
        {head(w!("Runs", "処理"), w!("What happens between approval and a working service.", "承認から利用開始までの処理。"))}
        <div class="filters">
            {choices("stage", w!("Stage", "段階"), stages)}
            {search("order", w!("Order number", "注文番号"))}
        </div>
        {list(|query| Box::pin(api::runs(query)), row, NOTHING)}
    }
    .into_any()
}

fn row(run: RunSummary, _reload: Callback<()>) -> AnyView {
    let (number, customer) = (run.order.number.clone(), run.order.customer_number.clone());
    let shown = number.clone();
    let by_hand = run.state == "settled_by_hand";
    let settled =
        by_hand.then(|| view! { <span class="row-sub">{text(w!("Settled by hand", "手作業で解決済み"))}</span> });
    let stands = run.at.as_ref().filter(|_| !by_hand).map(|at| {
        let (name, error) = (step(&at.step), at.error.clone());
        let why = error.map(|error| view! { ": " {said(code(&error))} });
        view! { <span class="row-sub">{said(name)} {why}</span> }
    });
    let job = run.job.as_ref().filter(|j| j.state.is_stopped()).map(|j| {
        let (_, words) = job_state(j.state);
        view! { <span class="row-sub">{text(w!("Job:", "ジョブ："))} " " {text(words)}</span> }
    });
    view! {
        <li class="row" data-order=number>
            <a class="row-link" href=format!("/ops/runs/{}", run.order.id)>
                <span class="row-main">
                    <span class="row-title">{text(w!("Order", "注文"))} " " {shown}</span>
                    <span class="row-sub">{customer} " · " {at(run.opened_at)}</span>
                    {stands}
                    {settled}
                    {job}
                </span>
                <span class="row-state">{chip(stage_words(run.order.stage))}</span>
                <span class="row-amount">{run.done} "/" {run.steps} " " {text(w!("steps", "手順"))}</span>
            </a>
        </li>
    }
    .into_any()
}
