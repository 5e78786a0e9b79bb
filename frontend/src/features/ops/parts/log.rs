//! Facts of the log.

use super::super::words::{code, fact, step, step_state, w};
use super::list::{at, said};
use crate::providers::language::{language, text};
use domain::ops::AuditEntry;
use domain::ops::contract::Actor;
use leptos::prelude::*;
use serde_json::Value;

/// One fact as a list item, with its order; on the page of an order, without that and without the request that placed it.
pub fn entry(of: &AuditEntry, of_request: Option<&str>, with_order: bool) -> AnyView {
    let actor = of.actor.clone();
    let actor = move || who(&actor);
    let actor = match of.person_id {
        Some(person) => view! { <a href=format!("/ops/audit?person={person}")>{actor}</a> }.into_any(),
        None => view! { {actor} }.into_any(),
    };
    let order = of.order_number.clone().zip(of.order_id).filter(|_| with_order);
    let order = order.map(|(number, id)| {
        view! { " · " <a href=format!("/ops/runs/{id}")>{text(w!("Order", "注文"))} " " {number}</a> }
    });
    let request = of
        .request_id
        .clone()
        .filter(|id| Some(id.as_str()) != of_request)
        .map(|id| view! { <p class="reference">{text(w!("Request", "リクエスト"))} " " <code>{id}</code></p> });
    let reason = string(&of.data, "reason").map(|reason| view! { <p class="reason">{reason}</p> });
    view! {
        <li class="row fact-row" data-fact=of.kind.clone()>
            <p class="row-title">{said(fact(&of.kind))}</p>
            {detail(&of.data)}
            {reason}
            <p class="row-sub">{at(of.at)} " · " {actor} {order}</p>
            {request}
        </li>
    }
    .into_any()
}

fn who(actor: &Actor) -> String {
    let language = language();
    match actor {
        Actor::System => w!("The portal itself", "ポータル").get(language).to_owned(),
        Actor::Customer { customer_number } => [w!("Customer ", "お客様 ").get(language), customer_number].concat(),
        Actor::Staff { name } => [w!("Staff ", "担当者 ").get(language), name].concat(),
        Actor::Console => w!("Somebody at the command line", "コマンドライン").get(language).to_owned(),
    }
}

fn string(data: &Value, name: &str) -> Option<String> {
    data.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// What of the data people read: the step with its state and code, or before and after of an act.
fn detail(data: &Value) -> Option<AnyView> {
    if let (Some(name), Some(state)) = (string(data, "step"), string(data, "state")) {
        let why = string(data, "code").map(|why| view! { " · " {said(code(&why))} " " <code>{why.clone()}</code> });
        let step = step(&name);
        return Some(view! { <p>{said(step)} " → " {said(step_state(&state))} {why}</p> }.into_any());
    }
    if let (Some(before), Some(after)) = (string(data, "before"), string(data, "after")) {
        return Some(view! { <p><code>{before}</code> " → " <code>{after}</code></p> }.into_any());
    }
    string(data, "code").or(string(data, "step")).map(|word| view! { <p><code>{word}</code></p> }.into_any())
}
