//! The console: what the operator's staff see, for people at `/` and for tests under `/console/api/`.

mod api;
mod clock;
mod guard;
mod page;
mod salesforce;
mod whmcs;

use actix_web::web;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(page::root))
        .route("/console/orders/{id}/{decision}", web::post().to(page::decide))
        .route("/console/settings", web::post().to(page::settings))
        .service(
            web::scope("/console/api")
                .configure(salesforce::routes)
                .configure(whmcs::routes)
                .route("/orders", web::get().to(api::orders))
                .route("/orders/{id}/{decision}", web::post().to(api::decide))
                .route("/prices/{id}", web::post().to(api::change_price))
                .route("/world", web::get().to(api::world))
                .route("/calls", web::get().to(api::calls))
                .route("/clock", web::get().to(clock::show))
                .route("/clock", web::post().to(clock::set))
                .route("/faults", web::get().to(api::faults))
                .route("/faults", web::post().to(api::add_fault))
                .route("/faults", web::delete().to(api::clear_faults))
                .route("/delays", web::post().to(api::set_delays))
                .route("/awkward", web::post().to(api::set_awkward))
                .route("/sessions", web::delete().to(api::drop_sessions))
                .route("/events", web::post().to(api::publish))
                .route("/reset", web::post().to(api::reset)),
        );
}
