//! What a person wants to know first: what waits, how much there is, what is out of the ordinary, what happened last.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use super::customers::owes;
use super::orders::{self, Stage, decisions, path, products, stage};
use super::{calls, cases, customers, faults, invoices, now};
use crate::World;
use crate::console::ui::layout::{self, Part};
use crate::console::ui::parts::{self, amount, any, badge, salesforce_moment, text, yen};
use crate::freebit::{self, types as sim};
use crate::whmcs::types::{self, Invoice};

/// Rows of the short lists.
const SHORT: usize = 8;

pub(in super::super) async fn show(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    freebit::settle(&world);
    let mut placed = world.salesforce_orders();
    placed.sort_by(|a, b| text(b, "CreatedDate").cmp(text(a, "CreatedDate")));
    let rows: Vec<Vec<Markup>> = placed.iter().take(SHORT).map(orders::row).collect();
    let more = html! { a href=(Part::Orders.path()) { "All orders" } };
    let body = html! {
        (tiles(&world))
        (parts::card("waits", "Waits for you", &parts::plain(), &waits(&placed, &world.salesforce_cases())))
        (parts::card("orders", "Latest orders", &more, &parts::table("Latest orders", orders::HEADS, &rows, "No orders yet.")))
        div class="two" {
            (parts::card("calls", "Latest calls", &parts::plain(), &latest_calls(&world)))
            (parts::card("faults", "Faults in force", &parts::plain(), &faults_in_force(&world)))
        }
    };
    layout::send(&world, &request, Part::Overview, body)
}

fn tile(to: &str, number: &str, name: &str, warm: bool) -> Markup {
    html! { a class={ "tile" (if warm { " warm" } else { "" }) } href=(to) { b { (number) } span { (name) } } }
}

fn tiles(world: &World) -> Markup {
    let now = now(world);
    let (customers, lines, overdue, owed) = world.read(|store| {
        let lines: Vec<sim::Line> = store.all(freebit::LINES);
        let invoices: Vec<Invoice> = types::all(store);
        let overdue = invoices.iter().filter(|invoice| invoices::state(invoice, now) == "Overdue").count();
        let customers = customers::all(store);
        let owed: i64 =
            customers.iter().filter_map(|customer| customer.client.as_ref()).map(|client| owes(store, client.id)).sum();
        (customers.len(), lines.iter().filter(|line| line.state == "active").count(), overdue, owed)
    });
    html! {
        div class="tiles" id="tiles" data-live {
            (tile(Part::Customers.path(), &customers.to_string(), "customers", false))
            (tile(Part::Lines.path(), &lines.to_string(), "active lines", false))
            (tile("/console/invoices?show=Unpaid", &yen(owed), "to be paid", false))
            (tile("/console/invoices?show=Overdue", &overdue.to_string(), "overdue invoices", overdue > 0))
        }
    }
}

fn waits(placed: &[Value], all_cases: &[Value]) -> Markup {
    let drafts: Vec<&Value> = placed.iter().rev().filter(|order| stage(order) == Stage::ToDecide).collect();
    let failed: Vec<&Value> = placed.iter().filter(|order| stage(order) == Stage::Failed).collect();
    let asking: Vec<&Value> = all_cases.iter().rev().filter(|case| cases::waits(case)).collect();
    html! {
        @if drafts.is_empty() && failed.is_empty() && asking.is_empty() {
            p class="empty" { "Nothing. Orders and questions of customers come here." }
        }
        @else {
            ul class="list" {
                @for order in drafts.iter().chain(&failed) {
                    li {
                        span class="grow" {
                            a href=(path(order)) { "Order " (text(order, "OrderNumber")) } " of " strong { (any(order, "AccountName")) }
                            br;
                            small { (products(order)) " · " (yen(amount(order, "TotalAmount"))) }
                        }
                        @if stage(order) == Stage::Failed { (badge("Failed")) small { (any(order, "Activation_Error_Message__c")) } }
                        (decisions(order, "/"))
                    }
                }
                @for case in &asking {
                    li {
                        span class="grow" {
                            a href=(cases::path(case)) { "Case " (text(case, "CaseNumber")) } " of " strong { (any(case, "AccountName")) }
                            br;
                            small { (any(case, "Subject")) " · " (salesforce_moment(text(case, "CreatedDate"))) }
                        }
                        a class="button" href=(cases::path(case)) { "Answer" span class="unseen" { " case " (text(case, "CaseNumber")) } }
                    }
                }
            }
        }
    }
}

fn latest_calls(world: &World) -> Markup {
    let rows: Vec<Vec<Markup>> = world.calls().iter().rev().take(SHORT).map(calls::row).collect();
    parts::table("Latest calls", calls::HEADS, &rows, "Nobody called yet.")
}

fn faults_in_force(world: &World) -> Markup {
    let faults = world.faults();
    html! {
        @if faults.is_empty() { p class="empty" { "None: all systems answer as they should." } }
        @else { ul class="list" { @for fault in &faults { li { (faults::item(fault)) } } } }
    }
}
