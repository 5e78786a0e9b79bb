//! The console: what the operator's staff see and do, for people as pages and for tests under `/console/api/`.
//!
//! It keeps nothing of its own: pages read the world and change it through the same doors as tests do.

mod api;
mod clock;
mod guard;
mod pages;
mod salesforce;
mod ui;
mod whmcs;

use actix_web::{middleware, web};

/// Bytes of a form: the longest answer in Japanese, of which each character takes nine in a form.
const FORM_BYTES: usize = 64 << 10;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::scope("/console/api")
                .configure(salesforce::routes)
                .configure(whmcs::routes)
                .route("/orders", web::get().to(api::orders))
                .route("/orders/{id}/{decision}", web::post().to(api::decide))
                .route("/prices/{id}", web::post().to(api::change_price))
                .route("/world", web::get().to(api::world))
                .route("/calls", web::get().to(api::calls))
                .route("/calls", web::delete().to(api::forget_calls))
                .route("/clock", web::get().to(clock::show))
                .route("/clock", web::post().to(clock::set))
                .route("/faults", web::get().to(api::faults))
                .route("/faults", web::post().to(api::add_fault))
                .route("/faults", web::delete().to(api::clear_faults))
                .route("/faults/{id}", web::delete().to(api::remove_fault))
                .route("/delays", web::post().to(api::set_delays))
                .route("/awkward", web::post().to(api::set_awkward))
                .route("/sessions", web::delete().to(api::drop_sessions))
                .route("/events", web::post().to(api::publish))
                .route("/outbox", web::get().to(api::outbox))
                .route("/outbox", web::post().to(api::send_mail))
                .route("/reset", web::post().to(api::reset)),
        )
        .service(
            web::scope("/console")
                .wrap(middleware::from_fn(guard::pages))
                .app_data(web::FormConfig::default().limit(FORM_BYTES))
                .configure(pages::routes),
        )
        .service(
            web::resource("/").wrap(middleware::from_fn(guard::pages)).route(web::get().to(pages::overview::show)),
        );
}
