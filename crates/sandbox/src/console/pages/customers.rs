//! Who the customers are: Salesforce accounts joined with WHMCS clients.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::World;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::parts::{self, any, badge, text, words, yen};
use crate::salesforce::records::{self, Record};
use crate::salesforce::schema;
use crate::whmcs::CUSTOMER_NUMBER_FIELD;
use crate::whmcs::invoices;
use crate::whmcs::types::{self, Client, Invoice, Service};
use crate::world::store::Store;

/// One person as the systems know him; at least one of both is there.
pub(super) struct Customer {
    pub account: Value,
    pub client: Option<Client>,
}

impl Customer {
    /// The account's id, else the client's number.
    pub(super) fn key(&self) -> String {
        match (&self.client, text(&self.account, "Id")) {
            (Some(client), "") => client.id.to_string(),
            (_, id) => id.to_owned(),
        }
    }

    pub(super) fn path(&self) -> String {
        format!("/console/customers/{}", self.key())
    }

    pub(super) fn name(&self) -> String {
        match (&self.client, text(&self.account, "Name")) {
            (Some(client), "") => client_name(client),
            (_, name) => name.to_owned(),
        }
    }

    pub(super) fn number(&self) -> String {
        let number = any(&self.account, "Customer_Number__c");
        let of_client = || self.client.as_ref()?.customfields.get(&CUSTOMER_NUMBER_FIELD).cloned();
        if number.is_empty() { of_client().unwrap_or_default() } else { number }
    }

    fn email(&self) -> &str {
        self.client.as_ref().map_or("", |client| client.email.as_str())
    }
}

/// The name of a client, a company first.
pub(super) fn client_name(client: &Client) -> String {
    let person = format!("{} {}", client.firstname, client.lastname);
    if client.companyname.is_empty() { person } else { format!("{} ({person})", client.companyname) }
}

/// All customers: accounts by age, then clients whom Salesforce does not know.
pub(super) fn all(store: &Store) -> Vec<Customer> {
    let mut clients: Vec<Client> = types::all(store);
    let accounts: Vec<&Record> =
        schema::find("Account").map(|object| records::live(store, object).collect()).unwrap_or_default();
    let mut found: Vec<Customer> = Vec::new();
    for account in accounts {
        let number = records::text(account, "Customer_Number__c");
        let id = account.get("WHMCS_Client_ID__c").and_then(Value::as_f64);
        let at = clients.iter().position(|client| match id {
            Some(id) => client.id as f64 == id,
            None => number.is_some() && client.customfields.get(&CUSTOMER_NUMBER_FIELD).map(String::as_str) == number,
        });
        found.push(Customer { account: json!(account), client: at.map(|at| clients.remove(at)) });
    }
    found.extend(clients.into_iter().map(|client| Customer { account: Value::Null, client: Some(client) }));
    found
}

/// What a client owes: the balances of unpaid invoices.
pub(super) fn owes(store: &Store, client: u64) -> i64 {
    let unpaid = types::all::<Invoice>(store)
        .into_iter()
        .filter(|invoice| invoice.userid == client && invoice.status == "Unpaid");
    unpaid.map(|invoice| invoices::balance(store, &invoice)).sum()
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Customers.path(), &fields);
    let rows: Vec<Vec<Markup>> = world.read(|store| {
        let services: Vec<Service> = types::all(store);
        let mut customers = all(store);
        customers.retain(|customer| asked.finds(&[&customer.name(), &customer.number(), customer.email()]));
        customers
            .iter()
            .map(|customer| {
                let client = customer.client.as_ref();
                let active = |client: &Client| {
                    services
                        .iter()
                        .filter(|service| service.clientid == client.id && service.status == "Active")
                        .count()
                };
                let debt = client.map_or(0, |client| owes(store, client.id));
                vec![
                    parts::link(&customer.path(), &customer.name()),
                    words(customer.number()),
                    words(customer.email()),
                    words(client.map(|client| active(client).to_string()).unwrap_or_default()),
                    html! { @if debt > 0 { strong { (yen(debt)) } } @else { "¥0" } },
                    badge(client.map_or("Not in billing", |client| &client.status)),
                ]
            })
            .collect()
    });
    let (rows, links) = asked.page(rows);
    let heads = ["Customer", "Number", "Email", "#Services", "#Owes", "Billing"];
    let body = html! {
        (asked.bar("", &[], "Name, number or email"))
        section class="card" id="customers" data-live aria-label="Customers" { (parts::table("Customers", &heads, &rows, "No customer fits.")) (links) }
    };
    layout::send(&world, &request, Part::Customers, body)
}
