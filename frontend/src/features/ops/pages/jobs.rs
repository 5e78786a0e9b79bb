//! Jobs: those that stopped, and those that wait or run.

use super::super::api;
use super::super::parts::acts::{Act, acts};
use super::super::parts::frame::{head, keep_fresh_while};
use super::super::parts::list::{Nothing, at, choices, list, said};
use super::super::words::{code, job_state, w};
use crate::components::molecules::states::chip;
use crate::components::ui::card::Card;
use crate::providers::language::text;
use crate::shared::hooks::loader::Loader;
use domain::ops::{JobState, JobView, job_acts};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

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
        {all_dead()}
        {list(|query| Box::pin(api::jobs(query)), row, NOTHING)}
    }
    .into_any()
}

/// On the list of dead jobs: all of a kind at once.
fn all_dead() -> AnyView {
    let search = use_location().search;
    let asked = Memo::new(move |_| search.with(|s| s.split('&').any(|pair| pair == "state=dead")));
    let seen = Loader::new(|| Box::pin(api::overview()));
    keep_fresh_while(seen, move || asked.try_get_untracked() == Some(true));
    Effect::new(move |_| {
        if asked.get() {
            seen.ensure();
        }
    });
    let dead = Memo::new(move |_| {
        let kinds = seen.value().map(|s| s.queue).unwrap_or_default();
        kinds.into_iter().filter(|k| k.dead > 0).map(|k| Act::RetryDead(k.kind, k.dead)).collect::<Vec<_>>()
    });
    let done = Callback::new(move |()| seen.reload());
    let card = move || {
        (asked.get() && dead.with(|d| !d.is_empty())).then(|| {
            view! { <Card id="all" title=w!("All of a kind", "種類ごとに一括")>{acts("all", dead.get(), done)}</Card> }
        })
    };
    view! { <div class="ops-nav">{card}</div> }.into_any()
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
