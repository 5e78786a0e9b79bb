//! The pages, one file each. What they show comes from the world; how it is laid out is in `ui`.

mod access;
mod allowance;
mod calls;
mod case;
mod cases;
mod clock;
mod customers;
mod fault_form;
mod faults;
mod invoice;
mod invoices;
mod line;
mod lines;
mod order;
mod orders;
mod outbox;
pub(super) mod overview;
mod person;
mod settings;

use actix_web::web;

use super::ui::assets;
use crate::World;
use crate::faults::System;

/// The time of the world, milliseconds since the Unix epoch.
pub(super) fn now(world: &World) -> i64 {
    world.now_ms()
}

/// The systems as people call them.
fn system_name(system: System) -> &'static str {
    match system {
        System::Salesforce => "Salesforce",
        System::PubSub => "Pub/Sub",
        System::Whmcs => "WHMCS",
        System::Freebit => "Freebit",
    }
}

/// What the navigation counts.
pub(super) struct Waiting {
    /// Drafts to approve or reject.
    pub orders: usize,
    /// Cases whose customer waits for an answer.
    pub cases: usize,
    /// Faults in force.
    pub faults: usize,
}

impl Waiting {
    pub(super) fn count(world: &World) -> Self {
        Self {
            orders: world
                .salesforce_orders()
                .iter()
                .filter(|order| orders::stage(order) == orders::Stage::ToDecide)
                .count(),
            cases: world.salesforce_cases().iter().filter(|case| cases::waits(case)).count(),
            faults: world.faults().len(),
        }
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/assets/style.css", web::get().to(assets::style))
        .route("/assets/console.js", web::get().to(assets::script))
        .route("/assets/icon.svg", web::get().to(assets::icon))
        .route("/orders", web::get().to(orders::list))
        .route("/orders/{id}", web::get().to(order::show))
        .route("/orders/{id}/{decision}", web::post().to(order::decide))
        .route("/customers", web::get().to(customers::list))
        .route("/customers/{id}", web::get().to(person::show))
        .route("/invoices", web::get().to(invoices::list))
        .route("/invoices/days", web::post().to(invoices::run_days))
        .route("/invoices/{id}", web::get().to(invoice::show))
        .route("/invoices/{id}/{action}", web::post().to(invoice::act))
        .route("/lines", web::get().to(lines::list))
        .route("/lines/{account}", web::get().to(line::show))
        .route("/lines/{account}/usage", web::post().to(line::add))
        .route("/lines/{account}/finish", web::post().to(line::finish))
        .route("/cases", web::get().to(cases::list))
        .route("/cases/{id}", web::get().to(case::show))
        .route("/cases/{id}/answer", web::post().to(case::answer))
        .route("/cases/{id}/status", web::post().to(case::set_status))
        .route("/cases/{id}/files/{version}", web::get().to(case::file))
        .route("/outbox", web::get().to(outbox::list))
        .route("/outbox/{id}", web::get().to(outbox::show))
        .route("/faults", web::get().to(faults::list))
        .route("/faults/add", web::post().to(faults::add))
        .route("/faults/clear", web::post().to(faults::clear))
        .route("/faults/{id}/remove", web::post().to(faults::remove))
        .route("/calls", web::get().to(calls::list))
        .route("/calls/forget", web::post().to(calls::forget))
        .route("/calls/{sequence}", web::get().to(calls::show))
        .route("/events", web::get().to(calls::events))
        .route("/settings", web::get().to(settings::show))
        .route("/settings/clock", web::post().to(clock::set))
        .route("/settings/delays", web::post().to(settings::set_delays))
        .route("/settings/allowance", web::post().to(allowance::save))
        .route("/settings/billing", web::post().to(settings::set_billing))
        .route("/settings/forms", web::post().to(settings::set_forms))
        .route("/settings/access", web::post().to(access::save))
        .route("/settings/sessions", web::post().to(settings::end_sessions))
        .route("/settings/reset", web::post().to(settings::reset));
}
