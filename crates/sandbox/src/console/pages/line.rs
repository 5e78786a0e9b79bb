//! One line: SIM, plan, data day by day, what is open.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::customers::client_name;
use super::lines::{quota, service};
use super::now;
use crate::World;
use crate::clock::Date;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::{self, Page, Part};
use crate::console::ui::notice;
use crate::console::ui::parts::{self, badge, data, moment, words};
use crate::freebit;
use crate::freebit::network::describe;
use crate::freebit::types::{self, Line, Quota};
use crate::whmcs::types::{self as billing, Client};
use crate::world::store::Store;

/// Days of the diagram.
const DAYS: i64 = 30;

pub(super) async fn show(world: web::Data<World>, request: HttpRequest, account: web::Path<String>) -> HttpResponse {
    freebit::settle(&world);
    let now = now(&world);
    let made = world.read(|store| {
        let line = types::line(store, &account)?;
        Some(html! {
            (order(store, &line))
            div class="two" {
                (parts::card("data", "Data this month", &parts::plain(), &html! { (quota(store, &line, now)) (days(store, &line, now)) }))
                (add_usage(&line))
            }
            (parts::card("sim", "SIM", &parts::plain(), &facts(store, &line)))
            (parts::card("additions", "Data added", &parts::plain(), &additions(store, &line)))
        })
    });
    let Some(body) = made else {
        return layout::missing(&world, &request, Part::Lines, "The network knows no such line.");
    };
    let title = format!("Line {account}");
    let page = Page { part: Part::Lines, title: Some(&title), aside: html! {}, body };
    layout::page(&world, &request, StatusCode::OK, &page)
}

fn order(store: &Store, line: &Line) -> Markup {
    let Some(order) = types::open_order(store, &line.account) else { return html! {} };
    let to = format!("/console/lines/{}/finish", line.account);
    let body = html! {
        p { strong { (describe(&order.change)) } " since " (moment(order.placed_ms)) ", to be done " (moment(order.due_ms)) "." }
        (parts::action(&to, "Do it now", "primary", "", &[]))
    };
    parts::card("order", "Open order", &parts::plain(), &body)
}

/// The days as a diagram, which says in words what it shows.
fn days(store: &Store, line: &Line, now: i64) -> Markup {
    let today = Date::japan(now).days();
    let used: Vec<u64> = (0..DAYS).rev().map(|back| types::used(store, line, today - back, now).unwrap_or(0)).collect();
    let most = used.iter().copied().max().unwrap_or(0).max(1);
    let all: u64 = used.iter().sum();
    let spoken = format!("{} in {DAYS} days, at most {} on one day", data(all), data(most));
    html! {
        svg class="bars" viewBox="0 0 300 80" preserveAspectRatio="none" role="img" aria-label=(spoken) {
            line x1="0" y1="79.5" x2="300" y2="79.5" {}
            @for (at, kb) in used.iter().enumerate() {
                @let high = (*kb * 76 / most).max(u64::from(*kb > 0));
                rect x=(at * 10 + 1) y=(79 - high) width="8" height=(high) {}
            }
        }
        small { (spoken) "; today so far " (data(used.last().copied().unwrap_or(0))) "." }
    }
}

fn add_usage(line: &Line) -> Markup {
    let to = format!("/console/lines/{}/usage", line.account);
    parts::panel(
        "usage",
        "Add usage",
        &html! {
            @if line.state == "active" {
                p { "The line uses this much more today. More than is left makes it slow." }
                form method="post" action=(to) class="row" {
                    (parts::number("megabytes", "Megabytes", "", "500", 1, 1_000_000))
                    button class="primary" { "Add" }
                }
            } @else { p class="empty" { "Only an active line uses data." } }
        },
    )
}

fn facts(store: &Store, line: &Line) -> Markup {
    let service = service(store, &line.account);
    let client = service.as_ref().and_then(|service| billing::find::<Client>(store, service.clientid));
    let holder = client.map(|client| parts::link(&format!("/console/customers/{}", client.id), &client_name(&client)));
    let yes = |flag: bool| words(if flag { "on" } else { "off" });
    let started = Date::parse_compact(&line.start_date).map(Date::iso).unwrap_or_default();
    parts::facts(&[
        ("State", badge(&line.state)),
        ("Customer", holder.unwrap_or_else(parts::plain)),
        ("Product in billing", words(service.map(|service| service.name).unwrap_or_default())),
        ("Plan", words(&line.plan_code)),
        ("SIM", words(&line.size)),
        ("Network", words(&line.contract_line)),
        ("Since", words(started)),
        ("ICCID", words(&line.iccid)),
        ("IMSI", words(&line.imsi)),
        ("EID", words(&line.eid)),
        ("Activation code", words(&line.activation_code)),
        ("Voice", yes(line.talk)),
        ("SMS", yes(line.sms)),
        ("Voicemail", yes(line.voicemail)),
        ("Call waiting", yes(line.callwaiting)),
        ("Roaming abroad", yes(line.worldwing)),
    ])
}

fn additions(store: &Store, line: &Line) -> Markup {
    let mut added: Vec<Quota> = store.all(freebit::QUOTA);
    added.retain(|row| row.account == line.account);
    added.sort_by_key(|row| std::cmp::Reverse((row.added_ms, row.id)));
    let rows: Vec<Vec<Markup>> = added
        .iter()
        .map(|row| {
            let expire = Date::parse_compact(&row.expire).map(Date::iso).unwrap_or_default();
            vec![moment(row.added_ms), words(data(row.quota_kb)), words(expire), words(&row.quota_code)]
        })
        .collect();
    parts::table("Data added", &["When", "#Data", "Valid to", "Code"], &rows, "No data was added.")
}

pub(super) async fn add(world: web::Data<World>, account: web::Path<String>, sent: Sent) -> HttpResponse {
    let megabytes = Fields(&sent).number::<u32>("megabytes", "Megabytes", 1..=1_000_000);
    let result = megabytes.and_then(|megabytes| {
        world
            .add_usage(&account, megabytes)
            .map(|()| format!("The line used {} more today.", data(u64::from(megabytes) * 1_000)))
    });
    notice::after(&page_of(&account), result)
}

pub(super) async fn finish(world: web::Data<World>, account: web::Path<String>) -> HttpResponse {
    let result = world.finish_line_order(&account).map(|()| "The order is done.".to_owned());
    notice::after(&page_of(&account), result)
}

/// The path of the line's page: what is no line's number does not get into an address.
fn page_of(account: &str) -> String {
    let number = account.bytes().all(|b| b.is_ascii_alphanumeric());
    if number { format!("/console/lines/{account}") } else { Part::Lines.path().to_owned() }
}
