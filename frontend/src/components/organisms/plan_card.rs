//! A plan as an offer.

use crate::components::molecules::prices::{monthly_price, with_cycle};
use crate::components::ui::button::LinkButton;
use crate::components::ui::chip::Badge;
use crate::providers::language::{Text, local, now};
use crate::shared::utils::fill::fill;
use crate::shared::utils::{browser, format};
use crate::{t, tr};
use domain::catalog::{Choice, DataAllowance, Plan};
use domain::common::text::LocalText;
use leptos::prelude::*;

/// A text of the catalogue in the chosen language.
pub fn catalog_text(text: &LocalText) -> Text {
    let text = text.clone();
    Signal::derive(move || local(&text)).into()
}

/// Address of the order wizard with this plan.
pub fn order_href(plan: &Plan) -> String {
    ["/order?plan=", &browser::encode_component(&plan.sku.0)].concat()
}

/// How much data a plan has, in words; `None` for plans that are not counted in data.
pub fn data_words(data: Option<DataAllowance>) -> Option<Text> {
    data.map(|data| match format::data_size(data) {
        None => Text::from(tr!(plans.unlimited)),
        Some(size) => Signal::derive(move || fill(now(tr!(plans.data)), &[("size", &size)])).into(),
    })
}

/// What a plan offers, as badges.
pub fn badges(plan: &Plan) -> Vec<AnyView> {
    let mut badges = Vec::new();
    if plan.needs_sim() {
        badges.push(if plan.voice { tr!(plans.voice) } else { tr!(plans.data_only) });
    }
    let words = badges.into_iter().map(Text::from).chain(plan.tier.clone().map(Text::from));
    words.map(|label| view! { <Badge label=label/> }.into_any()).collect()
}

/// A plan with price, contents, fees and the way to order it.
#[component]
pub fn PlanCard(plan: Plan, tax_rate_percent: u8) -> AnyView {
    let id = ["plan-", &plan.sku.0].concat();
    let fees: Vec<AnyView> = plan
        .options
        .iter()
        .filter(|o| o.choice == Choice::Included)
        .map(|fee| {
            let (name, price, cycle) = (fee.name.clone(), fee.price, fee.cycle);
            view! { <li>{move || [&local(&name), ": ", &with_cycle(price, tax_rate_percent, cycle)].concat()}</li> }
                .into_any()
        })
        .collect();
    let installation = plan.options.iter().any(|o| o.choice == Choice::OneOfKind);
    view! {
        <article class="card plan-card" aria-labelledby=id.clone()>
            <div class="plan-card-head">
                <h3 class="plan-card-name" id=id.clone()>{catalog_text(&plan.name).view()}</h3>
                <div class="badges">{badges(&plan)}</div>
            </div>
            {data_words(plan.data).map(|data| view! { <p class="plan-card-data">{data.view()}</p> })}
            <p class="plan-card-text">{catalog_text(&plan.description).view()}</p>
            {monthly_price(plan.price, tax_rate_percent)}
            <ul class="plan-card-fees">
                {fees}
                {installation.then(|| view! { <li>{t!(plans.installation_extra)}</li> })}
                <li>{t!(plans.term)}</li>
            </ul>
            <LinkButton label=tr!(plans.order) href=order_href(&plan) described_by=id.clone()/>
        </article>
    }
    .into_any()
}
