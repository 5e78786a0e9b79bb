//! How the systems behave: delays, rules of billing, forms of answers; and starting over. Who may call is in `access`.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::{access, allowance, clock};
use crate::World;
use crate::config::Delays;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::notice::{self, Typed};
use crate::console::ui::parts::{self, number, tick};
use crate::whmcs::settings::BillingSettings;

/// Longest delay of a call, ten minutes; of the network and the event bus, a day.
const LONGEST_CALL_MS: u64 = 600_000;
const LONGEST_MS: u64 = 86_400_000;

// Names of the forms.
const DELAYS: &str = "delays";
const BILLING: &str = "billing";
const FORMS: &str = "forms";

pub(super) async fn show(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let typed = |form: &str| Typed::of(&request, form);
    let body = html! {
        (parts::panel("clock", "Clock", &clock::panel(&world, &typed(clock::FORM))))
        (parts::panel("delays", "Delays", &delays(&world.delays(), &typed(DELAYS))))
        (parts::panel("allowance", "Salesforce's allowance of calls", &allowance::form(world.api_requests(), &typed(allowance::FORM))))
        (parts::panel("billing", "Rules of billing", &billing(&world.whmcs_settings(), &typed(BILLING))))
        (parts::panel("forms", "Forms of WHMCS's answers", &forms(&world, &typed(FORMS))))
        (parts::panel("access", "Who may call WHMCS", &access::form(&world.whmcs_access(), &typed(access::FORM))))
        (parts::panel("sessions", "Sessions and start over", &ends()))
    };
    layout::send(&world, &request, Part::Settings, body)
}

fn delays(now: &Delays, typed: &Typed) -> Markup {
    let field = |name: &str, label: &str, hint: &str, value: u64, most: u64| {
        number(name, label, hint, &typed.or(name, value.to_string()), 0, most.cast_signed())
    };
    html! {
        form method="post" action="/console/settings/delays" class="form" {
            div class="grid" {
                (field("latency_ms", "Every call", "Milliseconds before the answer", now.latency_ms, LONGEST_CALL_MS))
                (field("freebit_async_min_ms", "Network order, at least", "Milliseconds until it is done", now.freebit_async_min_ms, LONGEST_MS))
                (field("freebit_async_max_ms", "Network order, at most", "Milliseconds until it is done", now.freebit_async_max_ms, LONGEST_MS))
                (field("pubsub_keep_alive_ms", "Keep-alive of event streams", "Milliseconds without events", now.pubsub_keep_alive_ms, LONGEST_MS))
            }
            div class="actions" { button class="primary" { "Save delays" } }
        }
    }
}

fn billing(now: &BillingSettings, typed: &Typed) -> Markup {
    let suspend = now.suspend_after_days.map(|days| days.to_string()).unwrap_or_default();
    let field = |name: &str, label: &str, hint: &str, value: String, most: i64| {
        number(name, label, hint, &typed.or(name, value), 0, most)
    };
    html! {
        form method="post" action="/console/settings/billing" class="form" {
            div class="grid" {
                (field("invoice_days_before", "Invoice ahead of its day", "Days, 0 to 28", now.invoice_days_before.to_string(), 28))
                (field("late_fee", "Late fee", "Yen; 0: none", now.late_fee.to_string(), 1_000_000))
                (field("late_fee_after_days", "Late fee after", "Days", now.late_fee_after_days.to_string(), 365))
                (field("suspend_after_days", "Suspend after", "Days; empty: never", suspend, 365))
            }
            (tick("local_cards", "Cards may also be kept by WHMCS itself", typed.ticked("local_cards", now.local_cards)))
            div class="actions" { button class="primary" { "Save rules" } }
        }
    }
}

fn forms(world: &World, typed: &Typed) -> Markup {
    let seed = world.whmcs_awkward_seed();
    let mode = if world.awkward() {
        "all"
    } else if seed.is_some() {
        "seed"
    } else {
        "plain"
    };
    let (mode, seed) = (typed.or("mode", mode), typed.or("seed", seed.unwrap_or(1).to_string()));
    let options = [
        ("plain", "Plain: one form, always the same"),
        ("all", "Awkward: every quirk at once"),
        ("seed", "Varied: chosen anew for each call from a seed"),
    ];
    html! {
        form method="post" action="/console/settings/forms" class="form" {
            div class="grid" {
                label class="field" { span { "Answers" }
                    select name="mode" data-chooses { @for (value, text) in options { option value=(value) selected[value == mode] { (text) } } } }
                div data-for="seed" { (number("seed", "Seed", "The same seed gives the same forms", &seed, 0, i64::MAX)) }
            }
            div class="actions" { button class="primary" { "Save forms" } }
        }
    }
}

fn ends() -> Markup {
    html! {
        p { "Ending the sessions makes every Salesforce token worthless and ends the event streams: clients must sign in again." }
        div class="actions" { (parts::action("/console/settings/sessions", "End all Salesforce sessions", "", "", &[])) }
        details {
            summary { "Start over" }
            p { "Everything that happened is forgotten: orders, customers, invoices, lines, mails, calls and faults go back to the beginning. Keys and delays stay." }
            div class="actions" {
                form method="post" action="/console/settings/reset" data-confirm="Forget everything and start over?" {
                    button class="danger" { "Forget everything and start over" }
                }
            }
        }
    }
}

fn back(form: &'static str, sent: &Sent, result: Result<&str, String>) -> HttpResponse {
    notice::after_form(Part::Settings.path(), form, sent, result.map(str::to_owned))
}

pub(super) async fn set_delays(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let fields = Fields(&sent);
    let read = || -> Result<Delays, String> {
        let delays = Delays {
            latency_ms: fields.number("latency_ms", "Every call", 0..=LONGEST_CALL_MS)?,
            freebit_async_min_ms: fields.number("freebit_async_min_ms", "Network order, at least", 0..=LONGEST_MS)?,
            freebit_async_max_ms: fields.number("freebit_async_max_ms", "Network order, at most", 0..=LONGEST_MS)?,
            pubsub_keep_alive_ms: fields.number("pubsub_keep_alive_ms", "Keep-alive", 10..=LONGEST_MS)?,
        };
        if delays.freebit_async_min_ms > delays.freebit_async_max_ms {
            return Err("A network order cannot take at least longer than at most: swap the two numbers.".to_owned());
        }
        Ok(delays)
    };
    let result = read().map(|delays| {
        world.set_delays(delays);
        "The delays hold from now on; orders that are already open keep their time."
    });
    back(DELAYS, &sent, result)
}

pub(super) async fn set_billing(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let fields = Fields(&sent);
    let read = || -> Result<BillingSettings, String> {
        Ok(BillingSettings {
            invoice_days_before: fields.number("invoice_days_before", "Invoice ahead of its day", 0..=28)?,
            late_fee: fields.number("late_fee", "Late fee", 0..=1_000_000)?,
            late_fee_after_days: fields.number("late_fee_after_days", "Late fee after", 0..=365)?,
            suspend_after_days: fields.optional("suspend_after_days", "Suspend after", 0..=365)?,
            local_cards: fields.ticked("local_cards"),
        })
    };
    let result = read().and_then(|rules| world.set_whmcs_settings(&rules)).map(|()| "The rules of billing are saved.");
    back(BILLING, &sent, result)
}

pub(super) async fn set_forms(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let fields = Fields(&sent);
    let chosen = match fields.text("mode") {
        "plain" => Ok((false, None, "WHMCS answers plainly.")),
        "all" => Ok((true, None, "WHMCS answers with every quirk at once.")),
        "seed" => fields
            .number("seed", "Seed", 0..=u64::MAX)
            .map(|seed| (false, Some(seed), "WHMCS chooses its forms anew for each call.")),
        _ => Err("Choose a form of answers.".to_owned()),
    };
    let result = chosen.and_then(|(awkward, seed, text)| {
        world.set_whmcs_awkward_seed(seed)?;
        world.set_awkward(awkward);
        Ok(text)
    });
    back(FORMS, &sent, result)
}

pub(super) async fn end_sessions(world: web::Data<World>) -> HttpResponse {
    world.drop_sessions();
    notice::after(Part::Settings.path(), Ok("All Salesforce sessions have ended.".to_owned()))
}

pub(super) async fn reset(world: web::Data<World>) -> HttpResponse {
    world.reset();
    notice::after("/", Ok("Everything is as at the beginning.".to_owned()))
}
