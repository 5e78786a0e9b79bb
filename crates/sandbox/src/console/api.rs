//! The console for tests: JSON.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::{self, Refused};
use crate::World;
use crate::config::Delays;
use crate::faults::{AimedFault, FaultId};
use crate::outbox::NewMail;
use crate::world::CallFilter;

type Answer = Result<HttpResponse, Refused>;

pub(super) async fn orders(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.salesforce_orders()))
}

pub(super) async fn decide(world: web::Data<World>, request: HttpRequest, path: web::Path<(String, String)>) -> Answer {
    guard::change(&request)?;
    let (id, decision) = path.into_inner();
    Ok(answer(match decision.as_str() {
        "approve" => world.approve_order(&id),
        "reject" => world.reject_order(&id),
        _ => return Ok(HttpResponse::NotFound().finish()),
    }))
}

fn answer(result: Result<(), String>) -> HttpResponse {
    match result {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(message) => HttpResponse::Conflict().json(json!({ "message": message })),
    }
}

#[derive(Deserialize)]
pub(super) struct Price {
    unit_price: f64,
}

pub(super) async fn change_price(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Json<Price>,
) -> Answer {
    guard::change(&request)?;
    Ok(answer(world.change_price(&id, body.unit_price)))
}

pub(super) async fn world(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.dump()))
}

/// Narrowed down by [`CallFilter`]'s members in the address.
pub(super) async fn calls(world: web::Data<World>, request: HttpRequest, filter: web::Query<CallFilter>) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.calls_that(&filter)))
}

pub(super) async fn forget_calls(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::change(&request)?;
    world.forget_calls();
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn faults(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.faults()))
}

/// A fault that cannot be is refused with 422 and the reason.
pub(super) async fn add_fault(world: web::Data<World>, request: HttpRequest, fault: web::Json<Value>) -> Answer {
    guard::change(&request)?;
    Ok(match serde_json::from_value::<AimedFault>(fault.into_inner()) {
        Ok(fault) => HttpResponse::Created().json(json!({ "id": world.add_fault(fault) })),
        Err(error) => HttpResponse::UnprocessableEntity().json(json!({ "message": error.to_string() })),
    })
}

pub(super) async fn remove_fault(world: web::Data<World>, request: HttpRequest, id: web::Path<u64>) -> Answer {
    guard::change(&request)?;
    Ok(if world.remove_fault(FaultId(*id)) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().json(json!({ "message": "no such fault is in force" }))
    })
}

pub(super) async fn clear_faults(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::change(&request)?;
    world.clear_faults();
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn set_delays(world: web::Data<World>, request: HttpRequest, delays: web::Json<Delays>) -> Answer {
    guard::change(&request)?;
    world.set_delays(delays.into_inner());
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize)]
pub(super) struct Awkward {
    on: bool,
}

pub(super) async fn set_awkward(world: web::Data<World>, request: HttpRequest, body: web::Json<Awkward>) -> Answer {
    guard::change(&request)?;
    world.set_awkward(body.on);
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn drop_sessions(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::change(&request)?;
    world.drop_sessions();
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize)]
pub(super) struct Event {
    topic: String,
    fields: Value,
}

pub(super) async fn publish(world: web::Data<World>, request: HttpRequest, event: web::Json<Event>) -> Answer {
    guard::change(&request)?;
    let event = event.into_inner();
    world.publish_event(&event.topic, event.fields);
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn outbox(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.outbox()))
}

pub(super) async fn send_mail(world: web::Data<World>, request: HttpRequest, mail: web::Json<NewMail>) -> Answer {
    guard::change(&request)?;
    Ok(match world.send_mail(&mail) {
        Ok(id) => HttpResponse::Created().json(json!({ "id": id })),
        Err(message) => HttpResponse::UnprocessableEntity().json(json!({ "message": message })),
    })
}

pub(super) async fn reset(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::change(&request)?;
    world.reset();
    Ok(HttpResponse::NoContent().finish())
}
