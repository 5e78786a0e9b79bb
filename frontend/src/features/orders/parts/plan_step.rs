//! Step 1: which plan.

use super::super::form::OrderForm;
use super::super::pages::wizard::{continue_button, go_on, step_buttons};
use super::super::steps::Step;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::molecules::prices::with_cycle;
use crate::components::organisms::plan_card::{catalog_text, data_words};
use crate::components::organisms::subscription_row::category_words;
use crate::components::ui::radio_cards::{RadioCard, RadioCards};
use crate::providers::language::{Text, local, now};
use crate::{t, tr};
use domain::Sku;
use domain::catalog::{Catalog, Category, Cycle, Plan};
use leptos::prelude::*;

/// The plans by kind.
#[component]
pub fn PlanStep(form: OrderForm) -> AnyView {
    let errors = form.errors();
    let chosen = Signal::derive(move || form.draft.with(|d| d.plan.as_ref().map(|p| p.0.clone())));
    let choose = Callback::new(move |sku: String| form.change(|draft, catalog| draft.choose_plan(catalog, Sku(sku))));
    let groups = move || {
        form.catalog.with(|catalog| {
            let group = |category: Category| {
                let cards = cards(catalog, category);
                (!cards.is_empty()).then(|| view! {
                    <RadioCards pointer=group_pointer(category) legend=category_words(category) cards=cards chosen=chosen
                        on_choose=choose errors=errors/>
                })
            };
            Category::ALL.map(group).into_iter().flatten().collect::<Vec<_>>()
        })
    };
    view! {
        <form class="card form" novalidate on:submit=go_on(form)>
            <ErrorSummary errors=errors attempts=form.attempts/>
            <p class="muted">{t!(wizard.plan_lead)}</p>
            {groups}
            {step_buttons(Step::Plan, continue_button())}
        </form>
    }
    .into_any()
}

/// Faults of the plan point at the first group; the others have names of their own.
const fn group_pointer(category: Category) -> &'static str {
    match category {
        Category::Sim => "#/items",
        Category::Internet => "plan-internet",
        Category::Vpn => "plan-vpn",
    }
}

fn cards(catalog: &Catalog, category: Category) -> Vec<RadioCard> {
    let rate = catalog.tax_rate_percent;
    let card = |plan: &Plan| {
        let price = plan.price;
        let description = match data_words(plan.data) {
            Some(data) => {
                let text = plan.description.clone();
                Signal::derive(move || [&data.get(), now(tr!(common.dash)), &local(&text)].concat()).into()
            }
            None => catalog_text(&plan.description),
        };
        RadioCard {
            value: plan.sku.0.clone(),
            label: catalog_text(&plan.name),
            description: Some(description),
            price: Some(Text::from(Signal::derive(move || with_cycle(price, rate, Cycle::Monthly)))),
        }
    };
    catalog.plans.iter().filter(|p| p.category == category).map(card).collect()
}
