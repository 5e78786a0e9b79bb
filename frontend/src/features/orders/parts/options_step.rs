//! Step 2: the form of the SIM, the installation, and what else may be added.

use super::super::form::OrderForm;
use super::super::pages::wizard::{continue_button, go_on, step_buttons};
use super::super::steps::Step;
use super::super::words::sim_words;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::molecules::prices::with_cycle;
use crate::components::organisms::plan_card::catalog_text;
use crate::components::ui::checkbox::CheckboxCard;
use crate::components::ui::field::{FieldErrors, field_id};
use crate::components::ui::radio_cards::{RadioCard, RadioCards};
use crate::providers::language::{Text, Tr};
use crate::{t, tr};
use domain::Sku;
use domain::catalog::{CatalogOption, Choice, Plan, SimKind};
use leptos::prelude::*;

/// The options of the chosen plan.
#[component]
pub fn OptionsStep(form: OrderForm) -> AnyView {
    let errors = form.errors();
    let plan = Memo::new(move |_| form.plan());
    let rate = form.catalog.with_untracked(|c| c.tax_rate_percent);
    let body = move || plan.get().map(|plan| choices(form, &plan, rate, errors));
    view! {
        <form class="card form" novalidate on:submit=go_on(form)>
            <ErrorSummary errors=errors attempts=form.attempts/>
            {body}
            {step_buttons(Step::Options, continue_button())}
        </form>
    }
    .into_any()
}

fn choices(form: OrderForm, plan: &Plan, rate: u8, errors: FieldErrors) -> Vec<AnyView> {
    let of = |choice: Choice| plan.options.iter().filter(move |o| o.choice == choice).cloned().collect::<Vec<_>>();
    let (one_of, optional, included) = (of(Choice::OneOfKind), of(Choice::Optional), of(Choice::Included));
    let mut parts = Vec::new();
    if plan.needs_sim() {
        parts.push(sim(form, plan, errors));
    }
    if !one_of.is_empty() {
        parts.push(installation(form, &one_of, rate, errors));
    }
    if !optional.is_empty() {
        let boxes = optional.into_iter().map(|option| add_on(form, option, rate)).collect::<Vec<_>>();
        parts.push(
            view! {
                <fieldset class="field choices">
                    <legend class="field-legend">{t!(wizard.add_ons)}</legend>
                    <div class="choice-list">{boxes}</div>
                </fieldset>
            }
            .into_any(),
        );
    }
    if parts.is_empty() {
        parts.push(view! { <p>{t!(wizard.no_options)}</p> }.into_any());
    }
    if !included.is_empty() {
        parts.push(fees(included, rate));
    }
    parts
}

/// Fees that always belong to the plan, said before they are asked for.
fn fees(included: Vec<CatalogOption>, rate: u8) -> AnyView {
    let line = |fee: CatalogOption| {
        let (name, price) = (catalog_text(&fee.name), price_of(&fee, rate));
        view! { <div class="total"><dt>{name.view()}</dt><dd>{price.view()}</dd></div> }.into_any()
    };
    view! {
        <div>
            <h3 class="field-legend">{t!(wizard.included)}</h3>
            <dl class="totals">{included.into_iter().map(line).collect::<Vec<_>>()}</dl>
        </div>
    }
    .into_any()
}

fn price_of(option: &CatalogOption, rate: u8) -> Text {
    let (price, cycle) = (option.price, option.cycle);
    Signal::derive(move || with_cycle(price, rate, cycle)).into()
}

const SIM_CARD: &str = "card";
const ESIM: &str = "esim";

const fn sim_value(kind: SimKind) -> (&'static str, Tr) {
    match kind {
        SimKind::Physical => (SIM_CARD, tr!(wizard.sim_card_text)),
        SimKind::Esim => (ESIM, tr!(wizard.esim_text)),
    }
}

fn sim(form: OrderForm, plan: &Plan, errors: FieldErrors) -> AnyView {
    let card = |kind: &SimKind| {
        let (value, description) = sim_value(*kind);
        RadioCard {
            value: value.to_owned(),
            label: sim_words(*kind).into(),
            description: Some(description.into()),
            price: None,
        }
    };
    let chosen = Signal::derive(move || form.draft.with(|d| d.sim).map(|kind| sim_value(kind).0.to_owned()));
    let choose = Callback::new(move |value: String| {
        let kind = if value == ESIM { SimKind::Esim } else { SimKind::Physical };
        form.change(|draft, _| draft.sim = Some(kind));
    });
    view! {
        <RadioCards pointer="#/items/0/sim" legend=tr!(wizard.sim) cards=plan.sim_kinds.iter().map(card).collect()
            chosen=chosen on_choose=choose errors=errors/>
    }
    .into_any()
}

fn installation(form: OrderForm, options: &[CatalogOption], rate: u8, errors: FieldErrors) -> AnyView {
    let skus: Vec<Sku> = options.iter().map(|o| o.sku.clone()).collect();
    let cards = options
        .iter()
        .map(|option| RadioCard {
            value: option.sku.0.clone(),
            label: catalog_text(&option.name),
            description: Some(catalog_text(&option.description)),
            price: Some(price_of(option, rate)),
        })
        .collect();
    let chosen =
        Signal::derive(move || form.draft.with(|d| skus.iter().find(|sku| d.has_option(sku)).map(|sku| sku.0.clone())));
    let choose = Callback::new(move |sku: String| form.change(|draft, catalog| draft.choose_one(catalog, &Sku(sku))));
    view! {
        <RadioCards pointer="#/items/0/options" legend=tr!(wizard.installation) cards=cards chosen=chosen on_choose=choose
            errors=errors/>
    }
    .into_any()
}

fn add_on(form: OrderForm, option: CatalogOption, rate: u8) -> AnyView {
    let id = field_id(&["option-", &option.sku.0].concat());
    let price = price_of(&option, rate);
    let (label, description, sku) = (catalog_text(&option.name), catalog_text(&option.description), option.sku);
    let own = sku.clone();
    view! {
        <CheckboxCard id=id label=label description=description price=price
            checked=Signal::derive(move || form.draft.with(|d| d.has_option(&own)))
            on_change=Callback::new(move |on| form.change(|draft, _| draft.set_option(&sku, on)))/>
    }
    .into_any()
}
