//! A service in a list.

use crate::components::molecules::states::{chip, service_words};
use crate::providers::language::{Tr, now, tag, text};
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{t, tr};
use domain::ServiceId;
use domain::catalog::Category;
use domain::sim::contract::national_format;
use domain::subscriptions::{BillingCycle, Subscription};
use leptos::prelude::*;

/// Address of a service's page.
pub fn subscription_href(id: ServiceId) -> String {
    format!("/subscriptions/{id}")
}

/// How often a service is billed, in words.
pub const fn cycle_words(cycle: BillingCycle) -> Tr {
    match cycle {
        BillingCycle::Free => tr!(cycle.free),
        BillingCycle::OneTime => tr!(cycle.one_time),
        BillingCycle::Monthly => tr!(cycle.monthly),
        BillingCycle::Quarterly => tr!(cycle.quarterly),
        BillingCycle::SemiAnnually => tr!(cycle.semi_annually),
        BillingCycle::Annually => tr!(cycle.annually),
        BillingCycle::Biennially => tr!(cycle.biennially),
        BillingCycle::Triennially => tr!(cycle.triennially),
        BillingCycle::Unknown => tr!(cycle.unknown),
    }
}

/// Kind of service, in words.
pub const fn category_words(category: Category) -> Tr {
    match category {
        Category::Sim => tr!(category.sim),
        Category::Internet => tr!(category.internet),
        Category::Vpn => tr!(category.vpn),
    }
}

/// One line that leads to the service. A SIM is known by its number.
#[component]
pub fn SubscriptionRow(subscription: Subscription) -> AnyView {
    let Subscription { id, name, status, cycle, price, next_due_on, number, .. } = subscription;
    let (title, name_line) = match number {
        Some(number) => (national_format(&number), Some(name)),
        None => (name, None),
    };
    let sub = move || {
        let due = next_due_on.map(|on| fill(now(tr!(subscriptions.next)), &[("date", &format::date(tag(), on))]));
        name_line.iter().cloned().chain(due).collect::<Vec<_>>().join(" · ")
    };
    view! {
        <li class="row">
            <a class="row-link" href=subscription_href(id)>
                <span class="row-main">
                    <span class="row-title">{title}</span>
                    <span class="row-sub">{sub}</span>
                </span>
                <span class="row-state">{chip(service_words(status))}</span>
                <span class="row-amount">{price.to_string()} " " <span class="price-cycle">{text(cycle_words(cycle))} " · " {t!(subscriptions.before_tax)}</span></span>
            </a>
        </li>
    }
    .into_any()
}
