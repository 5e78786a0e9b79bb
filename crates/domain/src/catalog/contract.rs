//! Reply of `GET /api/catalog`.

use crate::common::text::LocalText;
use crate::{Money, Sku, Timestamp};
use serde::{Deserialize, Serialize};

/// Kind of service; the customer chooses among plans of one category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Sim,
    Internet,
    Vpn,
}

impl Category {
    pub const ALL: [Self; 3] = [Self::Sim, Self::Internet, Self::Vpn];
    /// The form in addresses: `?category=sim`.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Internet => "internet",
            Self::Vpn => "vpn",
        }
    }
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.slug() == slug)
    }
}

/// How often a price is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cycle {
    Monthly,
    OneTime,
}

/// Form of a SIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SimKind {
    /// A card sent by post.
    Physical,
    /// A profile downloaded to the phone whose EID is given.
    Esim,
}

/// Data of a month. 1 GB = 1000 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", content = "megabytes")]
pub enum DataAllowance {
    Megabytes(u32),
    Unlimited,
}

/// What an option is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Set-up fee that always belongs to the plan.
    Activation,
    /// A way of having the line installed.
    Installation,
    AddOn,
}

/// Whether the customer decides about an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Part of every order of this plan; not to be listed in the order.
    Included,
    /// Exactly one option of this kind must be chosen.
    OneOfKind,
    /// May be chosen.
    Optional,
}

/// Something that is bought together with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogOption {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sku: Sku,
    pub name: LocalText,
    pub description: LocalText,
    pub kind: OptionKind,
    pub choice: Choice,
    pub cycle: Cycle,
    /// Without tax.
    pub price: Money,
}

/// A plan that can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sku: Sku,
    pub category: Category,
    pub name: LocalText,
    pub description: LocalText,
    /// Each month, without tax.
    pub price: Money,
    /// SIM plans only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataAllowance>,
    /// SIM plans only: calls and text messages are part of it.
    #[serde(default)]
    pub voice: bool,
    /// Internet plans only, such as `10G`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Empty when no SIM belongs to the plan.
    #[serde(default)]
    pub sim_kinds: Vec<SimKind>,
    pub options: Vec<CatalogOption>,
}

/// Everything on sale, in the operator's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Catalog {
    pub plans: Vec<Plan>,
    /// Consumption tax, percent.
    pub tax_rate_percent: u8,
    /// When the CRM was last read.
    pub as_of: Timestamp,
    /// The CRM does not answer; these are the last known offers.
    pub stale: bool,
    /// The customer may start the order without an agent (the operator's choice).
    pub customer_may_confirm: bool,
}

impl Catalog {
    pub fn plan(&self, sku: &Sku) -> Option<&Plan> {
        self.plans.iter().find(|p| p.sku == *sku)
    }
}

impl Plan {
    pub fn option(&self, sku: &Sku) -> Option<&CatalogOption> {
        self.options.iter().find(|o| o.sku == *sku)
    }
    pub fn needs_sim(&self) -> bool {
        !self.sim_kinds.is_empty()
    }
}
