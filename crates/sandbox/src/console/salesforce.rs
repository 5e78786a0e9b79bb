//! The console for tests: what the administrators of the Salesforce org see and buy.

use actix_web::{HttpRequest, HttpResponse, web};

use super::guard::{self, Refused};
use crate::World;
use crate::salesforce::usage::ApiRequests;

type Answer = Result<HttpResponse, Refused>;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/salesforce/api-requests", web::get().to(api_requests))
        .route("/salesforce/api-requests", web::put().to(set_api_requests));
}

async fn api_requests(world: web::Data<World>, request: HttpRequest) -> Answer {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.api_requests()))
}

/// `{"max": 15000, "used": 14990}`
async fn set_api_requests(world: web::Data<World>, request: HttpRequest, to: web::Json<ApiRequests>) -> Answer {
    guard::change(&request)?;
    world.set_api_requests(to.into_inner());
    Ok(HttpResponse::NoContent().finish())
}
