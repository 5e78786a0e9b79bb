//! Salesforce orders as a list.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde_json::Value;

use crate::World;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::parts::{self, amount, any, badge, salesforce_moment, text, yen};

/// Where an order stands, as staff sort them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A draft that a person decides.
    ToDecide,
    /// Approved; the portal's worker sets it up.
    UnderWay,
    /// Setting it up failed.
    Failed,
    /// Done, rejected or cancelled.
    Closed,
}

pub(super) fn stage(order: &Value) -> Stage {
    match (text(order, "Status"), text(order, "Activation_Status__c")) {
        ("Draft", _) => Stage::ToDecide,
        ("Rejected" | "Cancelled" | "Activated", _) => Stage::Closed,
        (_, "Failed") => Stage::Failed,
        (_, "Activated") => Stage::Closed,
        _ => Stage::UnderWay,
    }
}

/// The names of what was ordered.
pub(super) fn products(order: &Value) -> String {
    let items = order["OrderItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| text(item, "ProductName")).collect::<Vec<_>>().join(", ")
}

pub(super) fn path(order: &Value) -> String {
    format!("/console/orders/{}", text(order, "Id"))
}

/// The buttons that decide a draft; `back` is where the person is.
pub(super) fn decisions(order: &Value, back: &str) -> Markup {
    let (path, number) = (path(order), text(order, "OrderNumber"));
    html! {
        @if stage(order) == Stage::ToDecide {
            div class="actions" {
                (parts::action(&format!("{path}/approve"), "Approve", "primary", &format!("order {number}"), &[("back", back)]))
                (parts::action(&format!("{path}/reject"), "Reject", "", &format!("order {number}"), &[("back", back)]))
            }
        }
    }
}

/// Status and, once it is approved, how far it is.
pub(super) fn state(order: &Value) -> Markup {
    let activation = text(order, "Activation_Status__c");
    html! {
        span class="actions" {
            (badge(text(order, "Status")))
            @if !activation.is_empty() && activation != text(order, "Status") && stage(order) != Stage::ToDecide { (badge(activation)) }
        }
    }
}

pub(super) const HEADS: &[&str] = &["Order", "Customer", "Products", "#Total", "Status", "Placed"];

pub(super) fn row(order: &Value) -> Vec<Markup> {
    vec![
        parts::link(&path(order), text(order, "OrderNumber")),
        parts::link(&format!("/console/customers/{}", text(order, "AccountId")), &any(order, "AccountName")),
        parts::words(products(order)),
        parts::words(yen(amount(order, "TotalAmount"))),
        state(order),
        salesforce_moment(text(order, "CreatedDate")),
    ]
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Orders.path(), &fields);
    let mut orders = world.salesforce_orders();
    orders.sort_by(|a, b| text(b, "CreatedDate").cmp(text(a, "CreatedDate")));
    let stages = [
        ("decide", "To decide", Stage::ToDecide),
        ("under-way", "Under way", Stage::UnderWay),
        ("failed", "Failed", Stage::Failed),
        ("closed", "Closed", Stage::Closed),
    ];
    let mut filters = vec![("", "All", orders.len())];
    filters.extend(
        stages.map(|(value, name, wanted)| (value, name, orders.iter().filter(|order| stage(order) == wanted).count())),
    );
    let chosen = stages.iter().find(|(value, _, _)| *value == asked.show).map(|(_, _, stage)| *stage);
    orders.retain(|order| {
        let texts = [
            text(order, "OrderNumber"),
            text(order, "AccountName"),
            text(order, "Portal_Order_Id__c"),
            &products(order),
        ];
        chosen.is_none_or(|wanted| stage(order) == wanted) && asked.finds(&texts)
    });
    let (orders, links) = asked.page(orders);
    let rows: Vec<Vec<Markup>> = orders.iter().map(row).collect();
    let empty = if asked.show == "decide" { "Nothing waits for a decision." } else { "No order fits." };
    let body = html! {
        (asked.bar("Orders by stage", &filters, "Number, customer or product"))
        section class="card" id="orders" data-live aria-label="Orders" { (parts::table("Orders, newest first", HEADS, &rows, empty)) (links) }
    };
    layout::send(&world, &request, Part::Orders, body)
}
