//! One invoice: lines, payments, and what billing staff can do with it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::customers::client_name;
use super::invoices::state;
use super::now;
use crate::World;
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::notice;
use crate::console::ui::parts::{self, badge, words, yen};
use crate::whmcs::invoices::{NEVER, balance};
use crate::whmcs::staff;
use crate::whmcs::types::{self, Client, Invoice, Transaction};
use crate::world::store::Store;

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    let now = now(&world);
    let made = world.read(|store| {
        let invoice = types::find::<Invoice>(store, id.parse().ok()?)?;
        let client = types::find::<Client>(store, invoice.userid);
        let body = html! {
            section class="card" id="state" data-live aria-label="State" {
                (facts(store, &invoice, client.as_ref(), now))
                (actions(store, &invoice))
            }
            (parts::card("lines", "Lines", &parts::plain(), &lines(&invoice)))
            (parts::card("payments", "Payments", &parts::plain(), &payments(store, &invoice)))
        };
        Some((format!("Invoice {}", invoice.id), body))
    });
    let Some((title, body)) = made else {
        return layout::missing(&world, &request, Part::Invoices, "There is no such invoice.");
    };
    let page = Page { part: Part::Invoices, title: Some(&title), aside: html! {}, body };
    layout::page(&world, &request, StatusCode::OK, &page)
}

fn moment(text: &str) -> Markup {
    words(if text == NEVER { "" } else { text })
}

fn facts(store: &Store, invoice: &Invoice, client: Option<&Client>, now: i64) -> Markup {
    let open = if invoice.status == "Unpaid" { balance(store, invoice) } else { 0 };
    let customer = client.map(client_name).unwrap_or_default();
    parts::facts(&[
        ("State", badge(state(invoice, now))),
        ("Customer", parts::link(&format!("/console/customers/{}", invoice.userid), &customer)),
        ("To pay", html! { strong { (yen(open)) } }),
        ("Date", words(&invoice.date)),
        ("Due", words(&invoice.duedate)),
        ("Pays by", words(&invoice.paymentmethod)),
        ("Paid", moment(&invoice.datepaid)),
        ("Last charge tried", moment(&invoice.last_capture_attempt)),
        ("Refunded", moment(&invoice.date_refunded)),
        ("Cancelled", moment(&invoice.date_cancelled)),
        ("Notes", words(&invoice.notes)),
    ])
}

fn actions(store: &Store, invoice: &Invoice) -> Markup {
    let to = |action: &str| format!("/console/invoices/{}/{action}", invoice.id);
    html! {
        div class="actions" {
            @match invoice.status.as_str() {
                "Unpaid" | "Payment Pending" | "Collections" => {
                    (parts::action(&to("paid"), "Mark paid", "primary", "", &[]))
                    (parts::action(&to("charge"), "Charge the stored card", "", "", &[]))
                    (parts::action(&to("cancel"), "Cancel", "danger", "the invoice", &[]))
                }
                "Draft" => (parts::action(&to("cancel"), "Cancel", "danger", "the invoice", &[])),
                "Paid" if staff::refundable(store, invoice) > 0 => {
                    (parts::action(&to("refund"), "Refund", "danger", "to the customer", &[]))
                    (parts::action(&to("refund-credit"), "Refund as credit", "", "", &[]))
                }
                _ => {}
            }
        }
    }
}

fn lines(invoice: &Invoice) -> Markup {
    let sum = |name: &str, amount: i64| vec![words(name), words(""), words(yen(amount))];
    let mut rows: Vec<Vec<Markup>> = invoice
        .items
        .iter()
        .map(|item| {
            vec![words(&item.description), words(if item.taxed { "" } else { "not taxed" }), words(yen(item.amount))]
        })
        .collect();
    rows.push(sum("Without tax", invoice.subtotal));
    rows.push(sum("Consumption tax", invoice.tax + invoice.tax2));
    if invoice.credit != 0 {
        rows.push(sum("Paid from credit", -invoice.credit));
    }
    rows.push(vec![html! { strong { "Total" } }, words(""), html! { strong { (yen(invoice.total)) } }]);
    parts::table("Lines", &["What", "Tax", "#Amount"], &rows, "No lines.")
}

fn payments(store: &Store, invoice: &Invoice) -> Markup {
    let rows: Vec<Vec<Markup>> = types::all::<Transaction>(store)
        .iter()
        .filter(|row| row.invoiceid == invoice.id)
        .map(|row| {
            vec![
                words(&row.date),
                words(&row.description),
                words(&row.gateway),
                html! { span class="mono" { (row.transid) } },
                words(yen(row.amountin - row.amountout)),
            ]
        })
        .collect();
    parts::table("Payments", &["When", "What", "Way", "Reference", "#Amount"], &rows, "Nothing was paid yet.")
}

pub(super) async fn act(world: web::Data<World>, path: web::Path<(u64, String)>) -> HttpResponse {
    let (id, action) = path.into_inner();
    let result = match action.as_str() {
        "paid" => world.pay_invoice(id).map(|yen| format!("A transfer of {} is booked.", parts::yen(yen))),
        "charge" => world.charge_invoice(id).map(|yen| format!("The card was charged with {}.", parts::yen(yen))),
        "cancel" => world.cancel_invoice(id).map(|()| "The invoice is cancelled.".to_owned()),
        "refund" => {
            world.refund_invoice(id, false).map(|yen| format!("{} went back to the customer.", parts::yen(yen)))
        }
        "refund-credit" => {
            world.refund_invoice(id, true).map(|yen| format!("{} is now the customer's credit.", parts::yen(yen)))
        }
        _ => return HttpResponse::NotFound().finish(),
    };
    notice::after(&format!("/console/invoices/{id}"), result)
}
