//! The console for tests: the state of WHMCS that only its administrators can change.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::{self, Refused};
use crate::World;
use crate::whmcs::access::WhmcsAccess;
use crate::whmcs::settings::BillingSettings;

type Answer = Result<HttpResponse, Refused>;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/whmcs/access", web::put().to(set_access))
        .route("/whmcs/settings", web::get().to(settings))
        .route("/whmcs/settings", web::put().to(set_settings))
        .route("/whmcs/awkward", web::put().to(set_awkward))
        .route("/whmcs/days", web::post().to(run_days));
}

fn done(result: Result<(), String>) -> HttpResponse {
    match result {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(message) => HttpResponse::Conflict().json(json!({ "message": message })),
    }
}

/// What is not named goes back to its default. There is no way to read it: it holds secrets.
async fn set_access(world: web::Data<World>, request: HttpRequest, access: web::Json<WhmcsAccess>) -> Answer {
    guard::change(&request)?;
    Ok(done(world.set_whmcs_access(&access)))
}

async fn settings(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.whmcs_settings()))
}

async fn set_settings(world: web::Data<World>, request: HttpRequest, body: web::Json<BillingSettings>) -> Answer {
    guard::change(&request)?;
    Ok(done(world.set_whmcs_settings(&body)))
}

#[derive(Deserialize)]
struct Awkward {
    seed: Option<u64>,
}

async fn set_awkward(world: web::Data<World>, request: HttpRequest, body: web::Json<Awkward>) -> Answer {
    guard::change(&request)?;
    Ok(done(world.set_whmcs_awkward_seed(body.seed)))
}

/// `{"until": "2026-12-01"}` runs the daily work up to that day; without it up to today.
async fn run_days(world: web::Data<World>, request: HttpRequest, body: web::Json<Value>) -> Answer {
    guard::change(&request)?;
    let days = match body.get("until").and_then(Value::as_str) {
        Some(day) => world.run_whmcs_days_until(day),
        None => Ok(world.run_whmcs_days()),
    };
    Ok(match days {
        Ok(days) => HttpResponse::Ok().json(json!({ "days": days })),
        Err(message) => HttpResponse::Conflict().json(json!({ "message": message })),
    })
}
