//! Products with the ids of all three providers, and the catalogue made of them. Stays on the server.

use super::contract::{Catalog, CatalogOption, Category, Choice, Cycle, DataAllowance, OptionKind, Plan, SimKind};
use crate::common::text::LocalText;
use crate::{Money, Sku, Timestamp};
use serde::{Deserialize, Serialize};

/// What a product is within its category (Salesforce `Item_Class__c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemClass {
    Service,
    Installation,
    Activation,
    AddOn,
}

/// One sellable product: CRM record, price and the ids under which billing and the carrier know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub sku: Sku,
    /// Salesforce `Product2.Id`.
    pub salesforce_product_id: String,
    /// Salesforce `PricebookEntry.Id` in the portal's price book.
    pub pricebook_entry_id: String,
    pub category: Category,
    pub class: ItemClass,
    pub cycle: Cycle,
    pub name: LocalText,
    pub description: LocalText,
    /// Without tax.
    pub price: Money,
    /// Position in lists, low first.
    pub sort: i64,
    pub data: Option<DataAllowance>,
    pub voice: bool,
    pub tier: Option<String>,
    /// WHMCS `pid`; every product that is billed has one.
    pub whmcs_product_id: Option<u64>,
    /// Freebit `planCode`; SIM plans only.
    pub freebit_plan_code: Option<String>,
}

/// The catalogue that customers see: services become plans, the other classes become their options.
pub fn catalog(
    products: &[Product],
    tax_rate_percent: u8,
    customer_may_confirm: bool,
    as_of: Timestamp,
    stale: bool,
) -> Catalog {
    let mut sorted: Vec<&Product> = products.iter().collect();
    sorted.sort_by(|a, b| (a.category, a.sort, &a.sku).cmp(&(b.category, b.sort, &b.sku)));
    let plans = sorted
        .iter()
        .filter(|p| p.class == ItemClass::Service)
        .map(|plan| Plan {
            sku: plan.sku.clone(),
            category: plan.category,
            name: plan.name.clone(),
            description: plan.description.clone(),
            price: plan.price,
            data: plan.data,
            voice: plan.voice,
            tier: plan.tier.clone(),
            sim_kinds: match plan.category {
                Category::Sim => vec![SimKind::Physical, SimKind::Esim],
                Category::Internet | Category::Vpn => Vec::new(),
            },
            options: sorted.iter().filter(|o| belongs(o, plan)).filter_map(|o| option(o)).collect(),
        })
        .collect();
    Catalog { plans, tax_rate_percent, as_of, stale, customer_may_confirm }
}

/// Options go with every plan of their category; a voice add-on (`voice` on the product) only with plans that have voice.
fn belongs(option: &Product, plan: &Product) -> bool {
    option.category == plan.category && option.class != ItemClass::Service && (!option.voice || plan.voice)
}

fn option(product: &Product) -> Option<CatalogOption> {
    let (kind, choice) = match product.class {
        ItemClass::Service => return None,
        ItemClass::Activation => (OptionKind::Activation, Choice::Included),
        ItemClass::Installation => (OptionKind::Installation, Choice::OneOfKind),
        ItemClass::AddOn => (OptionKind::AddOn, Choice::Optional),
    };
    Some(CatalogOption {
        sku: product.sku.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        kind,
        choice,
        cycle: product.cycle,
        price: product.price,
    })
}
