//! Jobs: those that stopped, and those that wait or run.

use super::super::api;
use super::super::parts::acts::{Act, acts};
use super::super::parts::frame::head;
use super::super::parts::list::{Nothing, at, choices, list, said};
use super::super::words::{code, job_state, w};
use crate::components::molecules::states::chip;
use crate::providers::language::text;
use domain::ops::{JobState, JobView, job_acts};
use leptos::prelude::*;

const NOTHING: Nothing = Nothing {
    title: w!("No jobs here", "ジョブはありません"),
    text: w!("Nothing waits, nothing has stopped.", "待機中・停止中のジョブはありません。"),
};

/// The page `/ops/jobs?state=…&page=…`.
#[component]
pub fn Jobs() -> AnyView {
    let mut states = vec![("", w!("Not finished", "未完了"))];
    let all =
        [JobState::Dead, JobState::Parked, JobState::Ready, JobState::Leased, JobState::Discarded, JobState::Done];
    states.extend(all.map(|state| (state.name(), job_state(state).1)));
    view! {
        {head(w!("Jobs", "ジョブ"), w!("The queue. Dead and parked jobs wait for a person.", "キューの状態。停止したジョブは担当者を待っています。"))}
        <div class="filters">{choices("state", w!("State", "状態"), states)}</div>
        {list(|query| Box::pin(api::jobs(query)), row, NOTHING)}
    }
    .into_any()
}

fn row(job: JobView, reload: Callback<()>) -> AnyView {
    let stage = job.order.as_ref().map(|o| o.stage);
    let possible: Vec<Act> = job_acts(job.state, stage).iter().map(|act| Act::Job(job.id, *act)).collect();
    let order = job.order.as_ref().map(|order| {
        let number = order.number.clone();
        view! { <a href=format!("/ops/runs/{}", order.id)>{text(w!("Order", "注文"))} " " {number}</a> " · " }
    });
    let error =
        job.last_error.clone().map(|error| view! { <p>{said(code(&error))} " " <code>{error.clone()}</code></p> });
    let act = (!possible.is_empty()).then(|| {
        let id = job.id.to_string();
        view! {
            <details class="row-acts">
                <summary>{text(w!("What can be done", "可能な操作"))}</summary>
                {acts(&id, possible, reload)}
            </details>
        }
    });
    view! {
        <li class="row fact-row" data-job=job.kind.clone() data-state=job.state.name()>
            <div class="fact-head"><p class="row-title"><code>{job.kind.clone()}</code></p> {chip(job_state(job.state))}</div>
            {error}
            <p class="row-sub">
                {order} {text(w!("tries", "試行"))} " " {job.attempts} "/" {job.max_attempts} " · "
                {text(w!("next", "次回"))} " " {at(job.run_at)}
            </p>
            <p class="reference"><code>{job.id.to_string()}</code></p>
            {act}
        </li>
    }
    .into_any()
}
