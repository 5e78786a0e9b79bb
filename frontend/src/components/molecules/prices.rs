//! Prices as people read them: with tax first, without tax beside it.

use crate::providers::language::{now, tag};
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{t, tr};
use domain::Money;
use domain::catalog::Cycle;
use domain::orders::Totals;
use leptos::prelude::*;

/// A monthly price of a plan, large, with tax.
pub fn monthly_price(net: Money, rate_percent: u8) -> AnyView {
    let gross = format::with_tax(net, rate_percent).to_string();
    let net = net.to_string();
    view! {
        <p class="price">
            <span class="price-amount">{gross}</span>
            <span class="price-cycle">{t!(price.per_month)}</span>
            <span class="price-net">{move || fill(now(tr!(price.incl_tax_net)), &[("net", &net)])}</span>
        </p>
    }
    .into_any()
}

/// `¥1,100 / month`, with tax, tracked.
pub fn with_cycle(net: Money, rate_percent: u8, cycle: Cycle) -> String {
    let gross = format::with_tax(net, rate_percent).to_string();
    match cycle {
        Cycle::Monthly => [&gross, " ", now(tr!(price.per_month))].concat(),
        Cycle::OneTime => [&gross, " ", now(tr!(price.once))].concat(),
    }
}

/// A sum of a bill with its tax.
pub fn total_row(label: crate::providers::language::Tr, totals: Totals, strong: bool) -> AnyView {
    let tax = totals.tax.to_string();
    view! {
        <div class=if strong { "total total-strong" } else { "total" }>
            <dt>{crate::providers::language::text(label)}</dt>
            <dd>
                <span class="total-amount">{totals.gross.to_string()}</span>
                <span class="total-tax">{move || fill(now(tr!(price.tax_of)), &[("tax", &tax)])}</span>
            </dd>
        </div>
    }
    .into_any()
}

/// `as of 14:05`.
pub fn as_of(at: Signal<domain::Timestamp>) -> AnyView {
    view! {
        <p class="as-of">{move || fill(now(tr!(common.as_of)), &[("time", &format::time(tag(), at.get()))])}</p>
    }
    .into_any()
}
