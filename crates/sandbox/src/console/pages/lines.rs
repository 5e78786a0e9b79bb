//! SIM lines as a list.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::now;
use crate::World;
use crate::clock::Date;
use crate::console::ui::form::{self, Fields};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::list::Asked;
use crate::console::ui::parts::{self, badge, data, moment, words};
use crate::freebit;
use crate::freebit::network::describe;
use crate::freebit::types::{self, Line, Order};
use crate::whmcs::types::{self as billing, Service};
use crate::world::store::Store;

/// The service in billing that a line belongs to.
pub(super) fn service(store: &Store, account: &str) -> Option<Service> {
    billing::all::<Service>(store).into_iter().rev().find(|service| service.domain == account)
}

/// KB used since the first of the month.
pub(super) fn used_this_month(store: &Store, line: &Line, now: i64) -> u64 {
    let today = Date::japan(now);
    (today.first_of_month(0).days()..=today.days()).filter_map(|day| types::used(store, line, day, now)).sum()
}

/// Used and left of this month, as numbers and as a bar.
pub(super) fn quota(store: &Store, line: &Line, now: i64) -> Markup {
    if line.start_date.is_empty() {
        return words("not started");
    }
    let (used, left) = (used_this_month(store, line, now), types::quota_left(store, line, now));
    html! {
        span class="meter" {
            span { (data(used)) " used, " (data(left)) " left" }
            meter min="0" max=(used.saturating_add(left).max(1)) value=(used) aria-label={ "Data used by " (line.account) } { (data(used)) }
        }
    }
}

fn open_order(order: Option<&Order>) -> Markup {
    html! { @if let Some(order) = order { (describe(&order.change)) small { "until " (moment(order.due_ms)) } } }
}

const STATES: &[(&str, &str)] = &[
    ("", "All"),
    ("active", "Active"),
    ("waiting", "Waiting"),
    ("suspended", "Suspended"),
    ("temporary", "Temporary"),
    ("obsolete", "Obsolete"),
];

pub(super) async fn list(world: web::Data<World>, request: HttpRequest, asked: form::Asked) -> HttpResponse {
    freebit::settle(&world);
    let fields = Fields(&asked);
    let asked = Asked::read(Part::Lines.path(), &fields);
    let now = now(&world);
    let (filters, rows) = world.read(|store| {
        let mut lines: Vec<Line> = store.all(freebit::LINES);
        let open: Vec<Order> = store.all(freebit::OPEN_ORDERS);
        let count = |state: &str| lines.iter().filter(|line| state.is_empty() || line.state == state).count();
        let filters: Vec<(&str, &str, usize)> = STATES
            .iter()
            .map(|(value, name)| (*value, *name, count(value)))
            .filter(|(value, _, count)| *count > 0 || value.is_empty() || *value == asked.show)
            .collect();
        lines.retain(|line| {
            (asked.show.is_empty() || line.state == asked.show)
                && asked.finds(&[&line.account, &line.iccid, &line.eid, &line.plan_code])
        });
        let rows: Vec<Vec<Markup>> = lines
            .iter()
            .rev()
            .map(|line| {
                vec![
                    parts::link(&format!("/console/lines/{}", line.account), &line.account),
                    badge(&line.state),
                    words(&line.plan_code),
                    words(format!("{} {}", line.size, line.contract_line)),
                    quota(store, line, now),
                    open_order(open.iter().find(|order| order.account == line.account)),
                ]
            })
            .collect();
        (filters, rows)
    });
    let (rows, links) = asked.page(rows);
    let heads = ["Line", "State", "Plan", "SIM", "This month", "Open order"];
    let body = html! {
        (asked.bar("Lines by state", &filters, "Number, ICCID or plan"))
        section class="card" id="lines" data-live aria-label="Lines" { (parts::table("Lines", &heads, &rows, "No line fits.")) (links) }
    };
    layout::send(&world, &request, Part::Lines, body)
}
