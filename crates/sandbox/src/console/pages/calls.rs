//! What the systems were asked and what they told: the log of calls, and the platform events.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use super::system_name;
use crate::World;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::parts::{self, any, second, text, words};
use crate::faults::System;
use crate::pubsub;
use crate::world::Call;

pub(super) const HEADS: &[&str] = &["Time", "System", "Operation", "Outcome", "#Took"];

pub(super) fn row(call: &Call) -> Vec<Markup> {
    vec![
        second(call.at_ms),
        words(system_name(call.system)),
        html! { code { (call.operation) } },
        words(&call.outcome),
        words(format!("{} ms", call.took_ms)),
    ]
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Calls.path(), &fields);
    let mut calls = world.calls();
    let systems = [System::Salesforce, System::PubSub, System::Whmcs, System::Freebit];
    let mut filters = vec![("", "All", calls.len())];
    filters.extend(systems.map(|system| {
        (system_name(system), system_name(system), calls.iter().filter(|call| call.system == system).count())
    }));
    calls.retain(|call| {
        (asked.show.is_empty() || system_name(call.system) == asked.show)
            && asked.finds(&[&call.operation, &call.outcome])
    });
    calls.reverse();
    let (calls, links) = asked.page(calls);
    let rows: Vec<Vec<Markup>> = calls.iter().map(row).collect();
    let body = html! {
        (asked.bar("Calls by system", &filters, "Operation or outcome"))
        section class="card" id="calls" data-live aria-label="Calls" {
            (parts::table("Calls, newest first", HEADS, &rows, "No call fits. The log keeps the last 500."))
            (links)
        }
    };
    layout::send(&world, &request, Part::Calls, body)
}

pub(super) async fn events(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Events.path(), &fields);
    let mut events: Vec<Value> =
        world.read(|store| store.rows(pubsub::EVENTS).map(|(_, event)| event.clone()).collect());
    events.retain(|event| asked.finds(&[text(event, "topic"), &event["fields"].to_string()]));
    events.reverse();
    let (events, links) = asked.page(events);
    let rows: Vec<Vec<Markup>> = events
        .iter()
        .map(|event| {
            vec![
                second(event["published_ms"].as_i64().unwrap_or(0)),
                words(text(event, "topic").trim_start_matches("/event/")),
                words(any(event, "replay_id")),
                html! { code { (event["fields"].to_string()) } },
            ]
        })
        .collect();
    let body = html! {
        (asked.bar("", &[], "Event or field"))
        section class="card" id="events" data-live aria-label="Events" {
            (parts::table("Events, newest first", &["Time", "Event", "#Replay id", "Fields"], &rows, "No event fits. The bus keeps them for three days."))
            (links)
        }
    };
    layout::send(&world, &request, Part::Events, body)
}
