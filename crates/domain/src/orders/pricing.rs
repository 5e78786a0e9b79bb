//! The price of an order, from the catalogue and nothing else. The wizard shows what the server charges, because both
//! run this function.

use super::schema::NewOrder;
use crate::catalog::{Catalog, CatalogOption, Choice, Cycle, OptionKind, Plan, SimKind};
use crate::common::problem::FieldError;
use crate::common::text::LocalText;
use crate::{Currency, Money, Sku};
use serde::{Deserialize, Serialize};

/// Net, tax and gross of one kind of charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Totals {
    pub net: Money,
    pub tax: Money,
    pub gross: Money,
}

/// What a line of an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Plan,
    Activation,
    Installation,
    AddOn,
}

/// One priced line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuoteLine {
    /// Which item of the order it belongs to, from 0.
    pub item: u32,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sku: Sku,
    pub name: LocalText,
    pub kind: LineKind,
    pub cycle: Cycle,
    /// Without tax.
    pub price: Money,
}

/// The price of a whole order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quote {
    pub lines: Vec<QuoteLine>,
    pub one_time: Totals,
    pub monthly: Totals,
    /// One-time plus the first month.
    pub first_bill: Totals,
    pub tax_rate_percent: u8,
}

/// Checks an order against the catalogue and prices it.
///
/// # Errors
/// Every fault at once, each with the JSON pointer of its place: `unknown_plan`, `option_not_allowed`, `choose_one`,
/// `sim_needed`, `sim_not_possible`, `port_in_needs_esim`, `port_in_needs_voice`, `port_in_once`.
pub fn quote(catalog: &Catalog, order: &NewOrder) -> Result<Quote, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut lines = Vec::new();
    for (index, item) in order.items.iter().enumerate() {
        let at = format!("/items/{index}");
        let Some(plan) = catalog.plan(&item.plan) else {
            errors.push(FieldError::new(format!("{at}/plan"), "unknown_plan", "Choose a plan from the list."));
            continue;
        };
        check_sim(plan, item.sim.as_ref(), &at, &mut errors);
        let item_no = u32::try_from(index).unwrap_or(u32::MAX);
        lines.push(QuoteLine {
            item: item_no,
            sku: plan.sku.clone(),
            name: plan.name.clone(),
            kind: LineKind::Plan,
            cycle: Cycle::Monthly,
            price: plan.price,
        });
        let included = plan.options.iter().filter(|o| o.choice == Choice::Included);
        let chosen = chosen_options(plan, &item.options, &at, &mut errors);
        lines.extend(included.chain(chosen).map(|option| option_line(item_no, option)));
    }
    check_port_ins(order, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let rate = catalog.tax_rate_percent;
    let one_time = totals(&lines, Some(Cycle::OneTime), rate);
    let monthly = totals(&lines, Some(Cycle::Monthly), rate);
    let first_bill = totals(&lines, None, rate);
    Ok(Quote { lines, one_time, monthly, first_bill, tax_rate_percent: rate })
}

fn check_sim(plan: &Plan, sim: Option<&super::schema::SimChoice>, at: &str, errors: &mut Vec<FieldError>) {
    match sim {
        None if plan.needs_sim() => {
            errors.push(FieldError::new(format!("{at}/sim"), "sim_needed", "Choose a SIM card or an eSIM."));
        }
        Some(sim) if !plan.sim_kinds.contains(&sim.kind) => {
            errors.push(FieldError::new(
                format!("{at}/sim/kind"),
                "sim_not_possible",
                "This plan has no SIM of that kind.",
            ));
        }
        _ => {}
    }
    if let Some(port_in) = sim.filter(|sim| sim.port_in.is_some()) {
        let at = format!("{at}/sim/port_in");
        // The carrier's order for a card has no room for a reservation, see docs/decisions/0010.
        if port_in.kind != SimKind::Esim {
            errors.push(FieldError::new(&at, "port_in_needs_esim", "A number can be kept with an eSIM only."));
        }
        if !plan.voice {
            errors.push(FieldError::new(&at, "port_in_needs_voice", "A number can be kept with a voice plan only."));
        }
    }
}

/// The operator's record of an order has room for one reservation.
fn check_port_ins(order: &NewOrder, errors: &mut Vec<FieldError>) {
    let ported =
        order.items.iter().enumerate().filter(|(_, item)| item.sim.as_ref().is_some_and(|s| s.port_in.is_some()));
    for (index, _) in ported.skip(1) {
        let at = format!("/items/{index}/sim/port_in");
        errors.push(FieldError::new(
            at,
            "port_in_once",
            "Keep one number in an order. Place another order for the next.",
        ));
    }
}

fn chosen_options<'c>(plan: &'c Plan, skus: &[Sku], at: &str, errors: &mut Vec<FieldError>) -> Vec<&'c CatalogOption> {
    let mut chosen = Vec::new();
    for (index, sku) in skus.iter().enumerate() {
        match plan.option(sku).filter(|o| o.choice != Choice::Included) {
            Some(option) => chosen.push(option),
            None => errors.push(FieldError::new(
                format!("{at}/options/{index}"),
                "option_not_allowed",
                "This option does not go with the plan. Remove it.",
            )),
        }
    }
    let mut kinds: Vec<OptionKind> =
        plan.options.iter().filter(|o| o.choice == Choice::OneOfKind).map(|o| o.kind).collect();
    kinds.dedup();
    for kind in kinds {
        if chosen.iter().filter(|o| o.kind == kind).count() != 1 {
            errors.push(FieldError::new(
                format!("{at}/options"),
                "choose_one",
                "Choose exactly one kind of installation.",
            ));
        }
    }
    chosen
}

fn option_line(item: u32, option: &CatalogOption) -> QuoteLine {
    QuoteLine {
        item,
        sku: option.sku.clone(),
        name: option.name.clone(),
        kind: match option.kind {
            OptionKind::Activation => LineKind::Activation,
            OptionKind::Installation => LineKind::Installation,
            OptionKind::AddOn => LineKind::AddOn,
        },
        cycle: option.cycle,
        price: option.price,
    }
}

/// Tax is taken once on the sum of a bill, as the invoice does it.
fn totals(lines: &[QuoteLine], cycle: Option<Cycle>, rate: u8) -> Totals {
    let currency = lines.first().map_or(Currency::Jpy, |l| l.price.currency);
    let minor = lines
        .iter()
        .filter(|l| cycle.is_none_or(|c| c == l.cycle))
        .fold(0_i64, |sum, l| sum.saturating_add(l.price.minor));
    let net = Money::new(minor, currency);
    let tax = net.tax(rate);
    Totals { net, tax, gross: Money::new(net.minor.saturating_add(tax.minor), currency) }
}
