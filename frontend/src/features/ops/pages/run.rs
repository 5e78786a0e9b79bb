//! One run with its whole timeline, and what can be done about it.

use super::super::api;
use super::super::parts::acts::{Act, acts};
use super::super::parts::frame::{head, keep_fresh};
use super::super::parts::list::{at, said};
use super::super::parts::{log, steps};
use super::super::words::{code, job_state, w};
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::states::{chip, stage_words};
use crate::components::ui::card::{Card, fact};
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{Tr, now, text};
use crate::shared::hooks::loader::Loader;
use domain::OrderId;
use domain::ops::{HandOutcome, RunDetail, job_acts, may_settle};
use leptos::prelude::*;

/// The page `/ops/runs/:id`.
pub fn run_page(id: OrderId) -> AnyView {
    let run = Loader::new(move || Box::pin(api::run(id)));
    keep_fresh(run);
    let title = Signal::derive(move || match run.value() {
        Some(run) => [now(w!("Run of order ", "処理：注文 ")), &run.order.number].concat(),
        None => now(w!("Run", "処理")).to_owned(),
    });
    view! {
        {head(title, w!("Every step, every fact, and what can be done.", "すべての手順と記録、可能な操作。"))}
        {loaded(run, || view! { <div class="card"><Skeleton lines=10/></div> }.into_any(), move |value| body(value, run))}
    }
    .into_any()
}

fn body(run: Signal<RunDetail>, loader: Loader<RunDetail>) -> AnyView {
    // What only changes with an act is built once for each way it can stand, so that a reason half typed stays.
    let possible = Memo::new(move |_| run.with(possible));
    let done = Callback::new(move |()| loader.reload());
    let acts_card = move || {
        let possible = possible.get();
        (!possible.is_empty()).then(|| {
            view! {
                <Card id="acts" title=w!("What can be done", "可能な操作")>{acts("run", possible, done)}</Card>
            }
        })
    };
    let stage = Memo::new(move |_| run.with(|r| r.order.stage));
    view! {
        <p class="order-state">
            {move || chip(stage_words(stage.get()))}
            <span class="muted">{move || run.with(pivot)}</span>
        </p>
        <div class="two-columns">
            <div class="stack">
                {acts_card}
                <Card id="steps" title=w!("Steps", "手順")>{move || run.with(|r| steps::steps(&r.steps))}</Card>
                <Card id="events" title=w!("What happened", "記録")>
                    <ul class="facts-list">{move || run.with(|r| r.events.iter().map(|e| log::entry(e, r.request_id.as_deref(), false)).collect::<Vec<_>>())}</ul>
                </Card>
            </div>
            <div class="stack">
                <Card id="job" title=w!("Job", "ジョブ")>{move || run.with(job)}</Card>
                <Card id="where" title=w!("Where to look", "参照先")>{move || run.with(places)}</Card>
            </div>
        </div>
    }
    .into_any()
}

fn possible(run: &RunDetail) -> Vec<Act> {
    let job = run.job.as_ref();
    let on_job =
        job.into_iter().flat_map(|j| job_acts(j.state, Some(run.order.stage)).iter().map(|act| Act::Job(j.id, *act)));
    let by_hand = [HandOutcome::Active, HandOutcome::Rejected].map(|outcome| Act::Settle(run.order.id, outcome));
    let settles = may_settle(run.order.stage, job.map(|j| j.state));
    on_job.chain(by_hand.into_iter().filter(|_| settles)).collect()
}

fn pivot(run: &RunDetail) -> &'static str {
    now(if run.past_pivot {
        w!(
            "Billing has accepted the order, or may have: nothing is taken back by itself.",
            "請求側が受注済み（または不明）：自動では取り消しません。"
        )
    } else {
        w!("Billing has not accepted the order.", "請求側は未受注です。")
    })
}

fn job(run: &RunDetail) -> AnyView {
    let Some(job) = &run.job else {
        return view! { <p class="muted">{text(w!("This run has no job.", "ジョブがありません。"))}</p> }.into_any();
    };
    let error = job.last_error.clone().map(|error| {
        fact(
            w!("Last code", "最後のコード").into(),
            view! { {said(code(&error))} " " <code>{error.clone()}</code> }.into_any(),
        )
    });
    view! {
        <dl class="facts">
            {fact(w!("State", "状態").into(), chip(job_state(job.state)))}
            {error}
            {fact(w!("Next try", "次の試行").into(), at(job.run_at))}
            {fact(w!("Id", "ID").into(), view! { <code>{job.id.to_string()}</code> }.into_any())}
        </dl>
    }
    .into_any()
}

fn places(run: &RunDetail) -> AnyView {
    let id = |name: Tr, value: String| fact(name.into(), view! { <code>{value}</code> }.into_any());
    let services = run.services.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    view! {
        <dl class="facts">
            {id(w!("Customer", "お客様番号"), run.order.customer_number.clone())}
            {id(w!("Salesforce order", "Salesforceの注文"), run.salesforce_order_id.clone())}
            {run.whmcs_order_id.map(|order| id(w!("Billing order", "請求側の注文"), order.to_string()))}
            {(!services.is_empty()).then(|| id(w!("Services in billing", "請求側のサービス"), services))}
            {fact(w!("Placed", "注文日時").into(), at(run.placed_at))}
            {run.decided_at.map(|time| fact(w!("Approved", "承認日時").into(), at(time)))}
            {fact(w!("Run opened", "処理開始").into(), at(run.opened_at))}
            {run.request_id.clone().map(|request| id(w!("Request", "リクエスト"), request))}
        </dl>
    }
    .into_any()
}
