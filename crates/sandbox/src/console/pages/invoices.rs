//! Invoices as a list, and the daily work of billing.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::customers::client_name;
use super::now;
use crate::World;
use crate::clock::Date;
use crate::console::ui::form::{self, Fields, Sent};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::notice;
use crate::console::ui::parts::{self, badge, words, yen};
use crate::whmcs::invoices::balance;
use crate::whmcs::types::{self, Client, Invoice};
use crate::world::store::Store;

/// The state as people say it: an unpaid invoice after its day is overdue.
pub(super) fn state(invoice: &Invoice, now: i64) -> &str {
    if invoice.status == "Unpaid" && invoice.duedate < Date::japan(now).iso() { "Overdue" } else { &invoice.status }
}

pub(super) const HEADS: &[&str] = &["Invoice", "Customer", "Date", "Due", "#Total", "#To pay", "State"];

fn name_of(store: &Store, client: u64) -> String {
    types::find::<Client>(store, client).map(|client| client_name(&client)).unwrap_or_default()
}

pub(super) fn row(store: &Store, invoice: &Invoice, now: i64) -> Vec<Markup> {
    let open = if invoice.status == "Unpaid" { balance(store, invoice) } else { 0 };
    vec![
        parts::link(&format!("/console/invoices/{}", invoice.id), &invoice.id.to_string()),
        parts::link(&format!("/console/customers/{}", invoice.userid), &name_of(store, invoice.userid)),
        words(&invoice.date),
        words(&invoice.duedate),
        words(yen(invoice.subtotal + invoice.tax + invoice.tax2)),
        words(yen(open)),
        badge(state(invoice, now)),
    ]
}

const FILTERS: &[(&str, &str)] = &[
    ("", "All"),
    ("Unpaid", "Unpaid"),
    ("Overdue", "Overdue"),
    ("Paid", "Paid"),
    ("Refunded", "Refunded"),
    ("Cancelled", "Cancelled"),
    ("Draft", "Draft"),
];

fn fits(invoice: &Invoice, wanted: &str, now: i64) -> bool {
    match wanted {
        "" => true,
        "Overdue" => state(invoice, now) == "Overdue",
        status => invoice.status == status,
    }
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let client: Option<u64> = fields.text("client").parse().ok();
    let asked = Asked::read(Part::Invoices.path(), &fields);
    let now = now(&world);
    let (filters, rows) = world.read(|store| {
        let mut invoices: Vec<Invoice> = types::all(store);
        invoices.retain(|invoice| client.is_none_or(|client| client == invoice.userid));
        let count = |wanted: &str| invoices.iter().filter(|invoice| fits(invoice, wanted, now)).count();
        let filters: Vec<(&str, &str, usize)> = FILTERS
            .iter()
            .map(|(value, name)| (*value, *name, count(value)))
            .filter(|(value, _, count)| *count > 0 || value.is_empty() || *value == asked.show)
            .collect();
        invoices.retain(|invoice| {
            fits(invoice, asked.show, now) && asked.finds(&[&invoice.id.to_string(), &name_of(store, invoice.userid)])
        });
        let rows: Vec<Vec<Markup>> = invoices.iter().rev().map(|invoice| row(store, invoice, now)).collect();
        (filters, rows)
    });
    let (rows, links) = asked.page(rows);
    let body = html! {
        (asked.bar("Invoices by state", &filters, "Number or customer"))
        @if client.is_some() { p { "Only one customer's invoices. " a href=(Part::Invoices.path()) { "Show all" } } }
        section class="card" id="invoices" data-live aria-label="Invoices" { (parts::table("Invoices, newest first", HEADS, &rows, "No invoice fits.")) (links) }
        (days_form(now))
    };
    layout::send(&world, &request, Part::Invoices, body)
}

fn days_form(now: i64) -> Markup {
    let today = Date::japan(now);
    parts::panel(
        "days",
        "Billing days",
        &html! {
            p { "The daily work makes invoices ahead of their day, charges cards, reminds, and suspends. It runs by itself for every day that passes; here it runs ahead." }
            form method="post" action="/console/invoices/days" class="row" {
                label class="field" { span { "Run every day up to" }
                    input type="date" name="until" required value=(today.iso()) min=(today.iso()) max=(today.plus_days(366).iso()); }
                button class="primary" { "Run" }
            }
        },
    )
}

pub(super) async fn run_days(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let result = match Fields(&sent).text("until") {
        "" => Err("Choose the day up to which billing runs.".to_owned()),
        until => world.run_whmcs_days_until(until),
    };
    let result = result.map(|days| match days {
        0 => "Every day up to that one had run already: nothing was to do.".to_owned(),
        1 => "Billing ran for one day.".to_owned(),
        days => format!("Billing ran for {days} days."),
    });
    notice::after(Part::Invoices.path(), result)
}
