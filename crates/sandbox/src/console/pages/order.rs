//! One Salesforce order: what was ordered, how far it is, what it became in billing and at the network.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use super::orders::{Stage, decisions, path, stage, state};
use crate::World;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::notice;
use crate::console::ui::parts::{self, amount, any, salesforce_moment, text, words, yen};
use crate::freebit;

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    freebit::settle(&world);
    let orders = world.salesforce_orders();
    let Some(order) = orders.iter().find(|order| text(order, "Id") == id.as_str()) else {
        return layout::missing(&world, &request, Part::Orders, "There is no such order.");
    };
    let number = format!("Order {}", text(order, "OrderNumber"));
    let account = format!("/console/customers/{}", text(order, "AccountId"));
    let body = html! {
        section class="card" id="progress" data-live aria-label="Progress" {
            (progress(order))
            @if !text(order, "Activation_Error_Message__c").is_empty() || !text(order, "Activation_Error_Code__c").is_empty() {
                p { strong { (any(order, "Activation_Error_Code__c")) } " " (any(order, "Activation_Error_Message__c")) }
            }
            @if stage(order) == Stage::ToDecide { (decisions(order, &path(order))) }
        }
        (parts::card("items", "Products", &parts::plain(), &items(order)))
        div class="two" {
            (parts::card("order", "Order", &parts::plain(), &parts::facts(&[
                ("Customer", parts::link(&account, &any(order, "AccountName"))),
                ("Status", state(order)),
                ("Placed", salesforce_moment(text(order, "CreatedDate"))),
                ("Starts", words(any(order, "EffectiveDate"))),
                ("Kind", words(any(order, "Order_Type__c"))),
                ("Number in the portal", html! { @if !text(order, "Portal_Order_Id__c").is_empty() { span class="mono" { (text(order, "Portal_Order_Id__c")) } } }),
                ("Activation", words(any(order, "Activation_Type__c"))),
                ("Scheduled for", salesforce_moment(text(order, "Activation_Scheduled_At__c"))),
                ("Last changed", salesforce_moment(text(order, "LastModifiedDate"))),
                ("Note", words(any(order, "Description"))),
            ])))
            (parts::card("delivery", "SIM and address", &parts::plain(), &parts::facts(&[
                ("SIM", words(any(order, "SIM_Type__c"))),
                ("Line", parts::link(&format!("/console/lines/{}", text(order, "MSISDN__c")), text(order, "MSISDN__c"))),
                ("EID", words(any(order, "EID__c"))),
                ("ICCID", words(any(order, "ICCID__c"))),
                ("Number to be ported", words(any(order, "MNP_Phone_Number__c"))),
                ("Porting reservation", words(any(order, "MNP_Reservation_Number__c"))),
                ("Reservation ends", words(any(order, "MNP_Expiry_Date__c"))),
                ("Holder of the number", words(any(order, "MNP_Holder_Name_Kana__c"))),
                ("Billing address", words(address(order, "Billing"))),
                ("Shipping address", words(address(order, "Shipping"))),
            ])))
        }
        (billing(&world, order))
    };
    let page = Page { part: Part::Orders, title: Some(&number), aside: html! {}, body };
    layout::page(&world, &request, StatusCode::OK, &page)
}

fn address(order: &Value, kind: &str) -> String {
    let parts = ["PostalCode", "State", "City", "Street", "Country"].map(|part| any(order, &format!("{kind}{part}")));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The way of an order as steps.
fn progress(order: &Value) -> Markup {
    let activation = text(order, "Activation_Status__c");
    let refused = matches!(text(order, "Status"), "Rejected" | "Cancelled");
    let decided = stage(order) != Stage::ToDecide;
    let active = activation == "Activated" || text(order, "Status") == "Activated";
    let decision = if refused {
        text(order, "Status")
    } else if decided {
        "Approved"
    } else {
        "Decision"
    };
    let steps = [
        ("Placed", "done"),
        (
            decision,
            if refused {
                "failed"
            } else if decided {
                "done"
            } else {
                "now"
            },
        ),
        (
            if activation == "Failed" { "Activation failed" } else { "Being set up" },
            match activation {
                _ if active => "done",
                "Failed" => "failed",
                _ if decided && !refused => "now",
                _ => "",
            },
        ),
        ("Active", if active { "done" } else { "" }),
    ];
    html! {
        ol class="steps" {
            @for (name, state) in steps {
                li class=(state) aria-current=[(state == "now").then_some("step")] { (name)
                    @if state == "done" { span class="unseen" { ", done" } } }
            }
        }
    }
}

fn items(order: &Value) -> Markup {
    let items = order["OrderItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut rows: Vec<Vec<Markup>> = items
        .iter()
        .map(|item| {
            vec![
                words(text(item, "ProductName")),
                words(any(item, "Billing_Cycle__c")),
                words(any(item, "Quantity")),
                words(yen(amount(item, "UnitPrice"))),
                words(yen(amount(item, "TotalPrice"))),
                words(any(item, "WHMCS_Service_ID__c")),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let total = html! { strong { (yen(amount(order, "TotalAmount"))) } };
        rows.push(vec![html! { strong { "Total" } }, words(""), words(""), words(""), total, words("")]);
    }
    parts::table("Products", &["Product", "Paid", "#Quantity", "#Price", "#Sum", "#Service"], &rows, "No products.")
}

/// What the order became in WHMCS.
fn billing(world: &World, order: &Value) -> Markup {
    let wanted = any(order, "WHMCS_Order_ID__c");
    let orders = world.whmcs_orders();
    let Some(row) = orders.iter().find(|row| !wanted.is_empty() && any(row, "id") == wanted) else {
        return html! {};
    };
    let invoice = any(row, "invoiceid");
    let invoice_link =
        if invoice == "0" { words("none") } else { parts::link(&format!("/console/invoices/{invoice}"), &invoice) };
    let ids: Vec<u64> = row["serviceids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let services: Vec<Vec<Markup>> = world
        .whmcs_services()
        .iter()
        .filter(|service| service["id"].as_u64().is_some_and(|id| ids.contains(&id)))
        .map(|service| {
            let number = text(service, "domain");
            vec![
                words(any(service, "id")),
                words(text(service, "name")),
                parts::link(&format!("/console/lines/{number}"), number),
                words(text(service, "nextduedate")),
                parts::badge(text(service, "status")),
            ]
        })
        .collect();
    let body = html! {
        (parts::facts(&[
            ("Order in WHMCS", words(&wanted)),
            ("State", parts::badge(text(row, "status"))),
            ("First invoice", invoice_link),
            ("Amount", words(yen(amount(row, "amount")))),
        ]))
        (parts::table("Services", &["Service", "Product", "Line", "Next due", "State"], &services, "No services yet."))
    };
    parts::card("billing", "In billing", &parts::plain(), &body)
}

pub(super) async fn decide(
    world: web::Data<World>,
    path: web::Path<(String, String)>,
    sent: Option<Sent>,
) -> HttpResponse {
    let (id, decision) = path.into_inner();
    let number = |id: &str| {
        let orders = world.salesforce_orders();
        orders.iter().find(|order| text(order, "Id") == id).map(|order| any(order, "OrderNumber")).unwrap_or_default()
    };
    let result = match decision.as_str() {
        "approve" => {
            world.approve_order(&id).map(|()| format!("Order {} is approved. The portal sets it up now.", number(&id)))
        }
        "reject" => world.reject_order(&id).map(|()| format!("Order {} is rejected.", number(&id))),
        _ => return HttpResponse::NotFound().finish(),
    };
    let result =
        result.map_err(|why| format!("{why}. Somebody may have decided it meanwhile: look at the order again."));
    // A script that decides by this address sends no form.
    let fields = sent.map(web::Form::into_inner).unwrap_or_default();
    notice::after(&Fields(&fields).back(Part::Orders.path()), result)
}
