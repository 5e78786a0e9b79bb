//! What the systems were asked and what they told: the log of calls, and the platform events.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use super::{faults, system_name};
use crate::World;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::notice;
use crate::console::ui::parts::{self, any, badge, second, text, words};
use crate::faults::System;
use crate::pubsub;
use crate::world::Call;

pub(super) const HEADS: &[&str] = &["Time", "System", "Operation", "#Status", "Outcome", "#Took"];

pub(super) fn row(call: &Call) -> Vec<Markup> {
    vec![
        second(call.at_ms),
        words(system_name(call.system)),
        html! { a href=(path(call)) { code { (call.operation) } } },
        words(call.status.map(|status| status.to_string()).unwrap_or_default()),
        html! { (call.outcome) @if call.fault.is_some() { " " (badge("fault")) } },
        words(format!("{} ms", call.took_ms)),
    ]
}

fn path(call: &Call) -> String {
    format!("/console/calls/{}", call.sequence)
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
    filters.push(("faults", "With a fault", calls.iter().filter(|call| call.fault.is_some()).count()));
    calls.retain(|call| {
        let status = call.status.map(|status| status.to_string()).unwrap_or_default();
        let shown = match asked.show {
            "" => true,
            "faults" => call.fault.is_some(),
            system => system_name(call.system) == system,
        };
        let mut texts = vec![call.operation.as_str(), &call.outcome, &status];
        texts.extend(call.parameters.values().map(String::as_str));
        shown && asked.finds(&texts)
    });
    calls.reverse();
    let (calls, links) = asked.page(calls);
    let rows: Vec<Vec<Markup>> = calls.iter().map(row).collect();
    let body = html! {
        (asked.bar("Calls by system", &filters, "Operation, status, outcome or parameter"))
        section class="card" id="calls" data-live aria-label="Calls" {
            (parts::table("Calls, newest first", HEADS, &rows, "No call fits. The log keeps the last 500."))
            (links)
        }
        @if !rows.is_empty() { (parts::action("/console/calls/forget", "Forget all calls", "quiet", "", &[])) }
    };
    layout::send(&world, &request, Part::Calls, body)
}

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, sequence: web::Path<String>) -> HttpResponse {
    let calls = world.calls();
    let sequence = sequence.parse().unwrap_or(0);
    let Some(call) = calls.iter().find(|call| call.sequence == sequence) else {
        return layout::missing(&world, &request, Part::Calls, "There is no such call in the log of the last 500.");
    };
    let neighbour = |at: Option<&Call>, text: &str| {
        at.map(|call| html! { a class="button quiet" href=(path(call)) { (text) } }).unwrap_or_default()
    };
    let at = calls.iter().position(|other| other.sequence == sequence).unwrap_or_default();
    let rows: Vec<Vec<Markup>> = call
        .parameters
        .iter()
        .map(|(name, value)| vec![html! { code { (name) } }, html! { code { (value) } }])
        .collect();
    let body = html! {
        section class="card" aria-label="Call" {
            (parts::facts(&[
                ("System", words(system_name(call.system))),
                ("Operation", html! { code { (call.operation) } }),
                ("Time", second(call.at_ms)),
                ("Took", words(format!("{} ms", call.took_ms))),
                ("Status", words(call.status.map(|status| status.to_string()).unwrap_or_default())),
                ("Outcome", words(&call.outcome)),
                ("Fault", words(call.fault.as_ref().map(faults::describe).unwrap_or_default())),
                ("Number", words(call.sequence.to_string())),
            ]))
        }
        section class="card" aria-label="Parameters" {
            (parts::table("Parameters", &["Parameter", "Value"], &rows, "The call had no parameters that are kept."))
        }
        p { (neighbour(at.checked_sub(1).and_then(|at| calls.get(at)), "Call before")) " " (neighbour(calls.get(at + 1), "Call after")) }
    };
    layout::page(
        &world,
        &request,
        StatusCode::OK,
        &Page { part: Part::Calls, title: Some("Call"), aside: html! {}, body },
    )
}

pub(super) async fn forget(world: web::Data<World>) -> HttpResponse {
    world.forget_calls();
    notice::after(Part::Calls.path(), Ok("All calls are forgotten.".to_owned()))
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
