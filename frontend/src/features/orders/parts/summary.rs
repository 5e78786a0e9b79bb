//! The running sum: beside the form on wide screens, a bar at the foot on phones.

use super::super::form::OrderForm;
use crate::providers::language::local;
use crate::t;
use leptos::prelude::*;

/// What the order costs so far, with tax.
#[component]
pub fn Summary(form: OrderForm) -> AnyView {
    let price = Memo::new(move |_| form.catalog.with(|c| form.draft.with(|d| d.price_so_far(c))));
    let plan = move || form.plan().map(|plan| local(&plan.name));
    let sums = move || {
        price.get().map(|quote| {
            view! {
                <dl class="summary-sums">
                    <div><dt>{t!(price.one_time)}</dt><dd>{quote.one_time.gross.to_string()}</dd></div>
                    <div><dt>{t!(price.monthly)}</dt><dd>{quote.monthly.gross.to_string()}</dd></div>
                </dl>
                <p class="muted summary-note">{t!(price.incl_tax)}</p>
            }
        })
    };
    let empty = move || price.with(Option::is_none).then(|| view! { <p class="muted">{t!(wizard.nothing_yet)}</p> });
    view! {
        <aside class="summary card" aria-label=t!(wizard.summary)>
            <h2 class="summary-title">{t!(wizard.summary)}</h2>
            <p class="summary-plan">{plan}</p>
            {empty}
            {sums}
        </aside>
    }
    .into_any()
}
