//! The steps of a run as a vertical line, with everything that is recorded of each.

use super::super::words::{code, step, step_look, step_state, w};
use super::list::{at, said};
use crate::components::ui::icon::Icon;
use crate::providers::language::{Tr, text};
use domain::Timestamp;
use domain::ops::RunStep;
use leptos::prelude::*;

pub fn steps(all: &[RunStep]) -> AnyView {
    view! {
        <ol class="timeline" aria-label=text(w!("Steps", "手順"))>{all.iter().map(entry).collect::<Vec<_>>()}</ol>
    }
    .into_any()
}

fn icon(look: &str) -> Icon {
    match look {
        "done" => Icon::Check,
        "failed" => Icon::Alert,
        "skipped" => Icon::Skip,
        "checking" => Icon::Search,
        _ => Icon::Clock,
    }
}

fn entry(of: &RunStep) -> AnyView {
    let look = step_look(&of.state);
    let item = of.item;
    let item = (item > 0).then(|| view! { <span class="muted">" · " {text(w!("Item", "項目"))} " " {item}</span> });
    let error = of.error.clone().map(|error| {
        view! { <p class="milestone-note">{said(code(&error))} " " <code>{error.clone()}</code></p> }
    });
    let marker = of.marker.clone().map(|marker| view! { <div><dt>{text(w!("Mark in billing", "請求側の印"))}</dt><dd><code>{marker}</code></dd></div> });
    let time = |name: Tr, value: Option<Timestamp>| {
        value.map(|value| view! { <div><dt>{text(name)}</dt><dd>{at(value)}</dd></div> }.into_any())
    };
    let calls = (of.attempt > 0).then(|| {
        let calls = of.attempt;
        view! { <div><dt>{text(w!("Calls", "呼び出し"))}</dt><dd>{calls}</dd></div> }
    });
    view! {
        <li class="milestone" data-step=of.step.clone() data-state=look>
            <span class="milestone-sign">{icon(look).view()}</span>
            <div class="milestone-body">
                <p class="milestone-name">{said(step(&of.step))} {item}</p>
                <p class="milestone-state"><span class="milestone-word">{said(step_state(&of.state))}</span></p>
                {error}
                <dl class="step-facts">
                    {calls}
                    {time(w!("Announced", "送信予告"), of.intent_at)}
                    {time(w!("Settled by", "確定予定"), of.settle_until)}
                    {time(w!("Recorded", "記録"), of.recorded_at)}
                    {marker}
                </dl>
            </div>
        </li>
    }
    .into_any()
}
