//! The main places of the portal. A place that does not exist yet is not listed.

use crate::components::ui::icon::Icon;
use crate::providers::language::{Tr, text};
use crate::providers::session::use_session;
use crate::tr;
use domain::auth::Right;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A main place.
struct Place {
    href: &'static str,
    name: Tr,
    icon: Icon,
    /// Without it the place is not shown.
    right: Option<Right>,
}

/// The place of staff.
const OPERATIONS: &str = "/ops";

const PLACES: [Place; 5] = [
    Place { href: "/home", name: tr!(nav.home), icon: Icon::Home, right: None },
    Place { href: "/plans", name: tr!(nav.plans), icon: Icon::Plans, right: Some(Right::OrderServices) },
    Place { href: "/orders", name: tr!(nav.orders), icon: Icon::Orders, right: Some(Right::SeeOrders) },
    Place { href: "/subscriptions", name: tr!(nav.subscriptions), icon: Icon::Sim, right: Some(Right::SeeServices) },
    Place { href: OPERATIONS, name: tr!(nav.ops), icon: Icon::Device, right: None },
];

/// Whether a path lies in a place: `/orders/7` is in `/orders`, the order form belongs to `/plans`.
fn is_in(path: &str, place: &str) -> bool {
    let path = if path == "/order" { "/plans" } else { path };
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The list of places, for the sidebar and for the bar at the bottom of phones.
#[component]
pub fn Places() -> AnyView {
    let session = use_session();
    let path = use_location().pathname;
    let place = move |place: &'static Place| {
        let current = move || path.with(|path| is_in(path, place.href)).then_some("page");
        view! {
            <li><a class="place" href=place.href aria-current=current>{place.icon.view()} <span>{text(place.name)}</span></a></li>
        }
        .into_any()
    };
    // Customers have their places, staff theirs; somebody may be both.
    let places = move || {
        let (customer, staff, role) =
            session.me().map_or((true, false, None), |me| (me.customer_id.is_some(), me.staff, me.role));
        let may = |right: Option<Right>| right.is_none_or(|right| role.is_none_or(|role| role.may(right)));
        let theirs = |p: &&Place| if p.href == OPERATIONS { staff } else { customer && may(p.right) };
        PLACES.iter().filter(theirs).map(place).collect::<Vec<_>>()
    };
    view! { <ul class="places">{places}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn pages_belong_to_their_place() {
        assert!(is_in("/orders", "/orders") && is_in("/orders/7", "/orders") && is_in("/order", "/plans"));
        assert!(!is_in("/orders", "/order") && !is_in("/", "/home") && !is_in("/planscape", "/plans"));
    }
}
