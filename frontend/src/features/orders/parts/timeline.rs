//! The order's way as a vertical line: picture, word and time for each milestone. Only what changed is redrawn.

use super::super::words::{milestone_name, milestone_note, milestone_slug, state_look, state_slug};
use crate::providers::language::{tag, text};
use crate::shared::utils::format;
use crate::t;
use domain::orders::{Milestone, OrderDetail, Stage, TimelineEntry};
use leptos::prelude::*;

/// The list; screen readers hear what changes.
#[component]
pub fn Timeline(order: Signal<OrderDetail>) -> AnyView {
    let milestones = Memo::new(move |_| order.with(|o| o.timeline.iter().map(|e| e.milestone).collect::<Vec<_>>()));
    view! {
        <div aria-live="polite" aria-relevant="additions text">
            <ol class="timeline" aria-label=t!(progress.title)>
                <For each=move || milestones.get() key=|milestone| *milestone as u8 let:milestone>
                    {entry(order, milestone)}
                </For>
            </ol>
        </div>
    }
    .into_any()
}

fn entry(order: Signal<OrderDetail>, milestone: Milestone) -> AnyView {
    let now =
        Memo::new(move |_| order.with(|o| (o.timeline.iter().find(|e| e.milestone == milestone).cloned(), o.stage)));
    let state = move || now.with(|(entry, _)| entry.as_ref().map(|e| state_slug(e.state)));
    let current = move || state().filter(|s| matches!(*s, "active" | "checking" | "failed")).map(|_| "step");
    let body = move || {
        let (entry, stage) = now.get();
        entry.map(|entry| entry_body(&entry, stage))
    };
    view! {
        <li class="milestone" data-milestone=milestone_slug(milestone) data-state=state aria-current=current>{body}</li>
    }
    .into_any()
}

fn entry_body(entry: &TimelineEntry, stage: Stage) -> AnyView {
    let (word, icon) = state_look(entry.state);
    let note = milestone_note(entry, stage);
    let at = entry.at;
    view! {
        <span class="milestone-sign">{icon.view()}</span>
        <div class="milestone-body">
            <p class="milestone-name">{text(milestone_name(entry.milestone))}</p>
            <p class="milestone-state">
                <span class="milestone-word">{text(word)}</span>
                {at.map(|at| view! {
                    <time datetime=at.to_string()>{move || format::date_time_zone(tag(), at)}</time>
                })}
            </p>
            {note.map(|note| view! { <p class="milestone-note">{text(note)}</p> })}
        </div>
    }
    .into_any()
}
