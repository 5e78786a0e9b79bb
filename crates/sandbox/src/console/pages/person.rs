//! One customer on one page: account, contacts, client, services with their lines, invoices, orders.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::customers::{self, Customer, client_name, owes};
use super::{invoices, now, orders};
use crate::World;
use crate::clock::Date;
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::parts::{self, any, badge, salesforce_moment, text, words, yen};
use crate::freebit::{self, types as sim};
use crate::salesforce::{records, schema};
use crate::whmcs::paymethods;
use crate::whmcs::types::{self, Client, Invoice, Service};
use crate::world::store::Store;

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    freebit::settle(&world);
    let placed = world.salesforce_orders();
    let now = now(&world);
    let made = world.read(|store| {
        let customer = customers::all(store).into_iter().find(|customer| {
            customer.key() == id.as_str() || customer.client.as_ref().is_some_and(|client| client.id.to_string() == id.as_str())
        })?;
        let client = customer.client.as_ref();
        let body = html! {
            div class="two" {
                (account(&customer))
                @if let Some(client) = client { (billing(store, client)) } @else {
                    (parts::card("client", "Billing", &parts::plain(), &html! { p class="empty" { "WHMCS does not know this customer." } }))
                }
            }
            (contacts(store, &customer))
            @if let Some(client) = client {
                (services(store, client))
                (means(store, client, now))
                (bills(store, client, now))
            }
            (ordered(&placed, &customer))
        };
        Some((customer.name(), body))
    });
    let Some((name, body)) = made else {
        return layout::missing(&world, &request, Part::Customers, "There is no such customer.");
    };
    let page = Page { part: Part::Customers, title: Some(&name), aside: html! {}, body };
    layout::page(&world, &request, StatusCode::OK, &page)
}

fn account(customer: &Customer) -> Markup {
    let account = &customer.account;
    if account.is_null() {
        let body = html! { p class="empty" { "Salesforce does not know this customer." } };
        return parts::card("account", "Salesforce account", &parts::plain(), &body);
    }
    let street = ["BillingPostalCode", "BillingState", "BillingCity", "BillingStreet", "BillingCountry"];
    let body = parts::facts(&[
        ("Name", words(text(account, "Name"))),
        ("Customer number", words(customer.number())),
        ("Portal", badge(text(account, "Portal_Status__c"))),
        ("Identity", badge(text(account, "ID_Verification_Status__c"))),
        ("Phone", words(text(account, "Phone"))),
        ("Address", words(joined(street.map(|part| any(account, part)), ", "))),
        ("Internet possible", words(any(account, "Internet_Eligibility__c"))),
        ("In the portal since", salesforce_moment(text(account, "Portal_Registered_At__c"))),
        ("Last signed in", salesforce_moment(text(account, "Portal_Last_Login__c"))),
        ("Id", html! { span class="mono" { (text(account, "Id")) } }),
    ]);
    parts::card("account", "Salesforce account", &parts::plain(), &body)
}

fn joined<const N: usize>(texts: [String; N], with: &str) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(with)
}

fn billing(store: &Store, client: &Client) -> Markup {
    let street = [&client.postcode, &client.state, &client.city, &client.address1, &client.address2, &client.country];
    let body = parts::facts(&[
        ("Name", words(client_name(client))),
        ("Client", words(client.id.to_string())),
        ("Status", badge(&client.status)),
        ("Owes", words(yen(owes(store, client.id)))),
        ("Credit", words(yen(client.credit))),
        ("Pays by", words(&client.paymentmethod)),
        ("Email", words(&client.email)),
        ("Phone", words(&client.phonenumber)),
        ("Address", words(joined(street.map(Clone::clone), ", "))),
        ("Language", words(&client.language)),
        ("Client since", words(&client.datecreated)),
        ("Staff's notes", words(&client.notes)),
    ]);
    parts::card("client", "WHMCS client", &parts::plain(), &body)
}

fn contacts(store: &Store, customer: &Customer) -> Markup {
    let id = json!(text(&customer.account, "Id"));
    let found: Vec<Value> = match schema::find("Contact") {
        Some(object) if id != "" => records::with(store, object, "AccountId", &id).map(|row| json!(row)).collect(),
        Some(_) | None => Vec::new(),
    };
    let rows: Vec<Vec<Markup>> = found
        .iter()
        .map(|contact| {
            let street = ["MailingPostalCode", "MailingState", "MailingCity", "MailingStreet"];
            vec![
                words(text(contact, "Name")),
                words(text(contact, "Email")),
                words(joined(["MobilePhone", "Phone"].map(|field| any(contact, field)), ", ")),
                words(text(contact, "Birthdate")),
                words(joined(street.map(|field| any(contact, field)), ", ")),
            ]
        })
        .collect();
    let table = parts::table("Contacts", &["Contact", "Email", "Phone", "Born", "Address"], &rows, "No contact.");
    parts::card("contacts", "Contacts", &parts::plain(), &table)
}

fn services(store: &Store, client: &Client) -> Markup {
    let rows: Vec<Vec<Markup>> = types::all::<Service>(store)
        .iter()
        .filter(|service| service.clientid == client.id)
        .map(|service| {
            let line = sim::line(store, &service.domain);
            vec![
                words(&service.name),
                html! { @if line.is_some() { (parts::link(&format!("/console/lines/{}", service.domain), &service.domain)) } @else { (service.domain) } },
                html! { @if let Some(line) = &line { (badge(&line.state)) } },
                words(yen(service.recurringamount)),
                words(&service.nextduedate),
                badge(&service.status),
            ]
        })
        .collect();
    let heads = ["Product", "Line", "At the network", "#Monthly", "Next due", "In billing"];
    parts::card(
        "services",
        "Services and lines",
        &parts::plain(),
        &parts::table("Services", &heads, &rows, "No services."),
    )
}

fn means(store: &Store, client: &Client, now: i64) -> Markup {
    let rows: Vec<Vec<Markup>> = paymethods::of_client(store, client.id)
        .iter()
        .map(|row| {
            let kind = match (row.card_type.as_str(), row.bank_name.as_str()) {
                ("", "") => row.kind.clone(),
                ("", bank) => bank.to_owned(),
                (card, _) => format!("{card} ··{}", row.card_last_four),
            };
            vec![
                words(kind),
                words(&row.description),
                words(&row.expiry_date),
                html! {
                    @if paymethods::expired(&row.expiry_date, Date::japan(now)) { (badge("Expired")) }
                    @if row.declines { (badge("Declines")) }
                },
            ]
        })
        .collect();
    let table =
        parts::table("Stored payment methods", &["Method", "Name", "Valid to", "State"], &rows, "None is stored.");
    parts::card("means", "Payment methods", &parts::plain(), &table)
}

/// A row or the heads of a list without the customer, who is the page's heading: the second column.
fn without_customer<T>(mut row: Vec<T>) -> Vec<T> {
    row.remove(1);
    row
}

fn bills(store: &Store, client: &Client, now: i64) -> Markup {
    let mut found: Vec<Invoice> = types::all(store);
    found.retain(|invoice| invoice.userid == client.id);
    let rows: Vec<Vec<Markup>> =
        found.iter().rev().take(10).map(|invoice| without_customer(invoices::row(store, invoice, now))).collect();
    let all = format!("/console/invoices?client={}", client.id);
    let aside = html! { @if found.len() > 10 { a href=(all) { "All " (found.len()) } } };
    parts::card(
        "invoices",
        "Invoices",
        &aside,
        &parts::table("Invoices", &without_customer(invoices::HEADS.to_vec()), &rows, "No invoices."),
    )
}

fn ordered(placed: &[Value], customer: &Customer) -> Markup {
    let id = text(&customer.account, "Id");
    let own = placed.iter().rev().filter(|order| !id.is_empty() && text(order, "AccountId") == id);
    let rows: Vec<Vec<Markup>> = own.map(|order| without_customer(orders::row(order))).collect();
    parts::card(
        "orders",
        "Orders",
        &parts::plain(),
        &parts::table("Orders", &without_customer(orders::HEADS.to_vec()), &rows, "No orders."),
    )
}
