//! `POST /api/orders`: the request with the rules that the wizard and the API share. Rules that need the catalogue are
//! in [`super::pricing`].

use super::port_in::PortIn;
use crate::Sku;
use crate::catalog::SimKind;
use crate::common::validation::{self, failure};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// Most services in one order.
pub const MAX_ITEMS: usize = 5;

/// An order as the customer confirms it. Prices are not part of it: they come from the catalogue; `expected_total` only
/// guards against a price that changed while the customer was reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// 1 to 5 services.
    #[validate(custom(function = "item_count"), nested)]
    pub items: Vec<NewOrderItem>,
    /// One-time plus first month, with tax, in minor units, as the review page showed it.
    pub expected_total: i64,
    #[validate(custom(function = "accepted"))]
    pub terms_accepted: bool,
}

/// One service with its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrderItem {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub plan: Sku,
    /// Chosen options; included fees are not listed.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    #[serde(default)]
    #[validate(custom(function = "option_list"))]
    pub options: Vec<Sku>,
    /// Needed for plans with a SIM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub sim: Option<SimChoice>,
}

/// The form of the SIM. An eSIM needs the EID of the phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "eid_when_esim", skip_on_field_errors = false))]
pub struct SimChoice {
    pub kind: SimKind,
    /// 32 digits, spaces allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eid: Option<String>,
    /// A number to be kept. Only for an eSIM with voice, and for one service of an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub port_in: Option<PortIn>,
}

/// The EID identifies a person's phone.
impl std::fmt::Debug for SimChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimChoice")
            .field("kind", &self.kind)
            .field("eid", &self.eid.as_ref().map(|_| "•••"))
            .field("port_in", &self.port_in)
            .finish()
    }
}

impl SimChoice {
    /// The EID as 32 digits without spaces.
    pub fn eid_digits(&self) -> Option<String> {
        self.eid.as_ref().map(|eid| eid.chars().filter(|c| !c.is_whitespace()).collect())
    }
}

fn item_count(items: &[NewOrderItem]) -> Result<(), ValidationError> {
    match items.len() {
        0 => Err(failure("empty_order", "Choose at least one plan.")),
        1..=MAX_ITEMS => Ok(()),
        _ => Err(failure("too_many_items", "Order at most five services at a time.")),
    }
}

fn option_list(options: &[Sku]) -> Result<(), ValidationError> {
    let mut seen = options.to_vec();
    seen.sort();
    seen.dedup();
    if options.len() > 20 {
        return Err(failure("too_many_options", "Choose at most 20 options."));
    }
    if seen.len() == options.len() { Ok(()) } else { Err(failure("repeated_option", "Choose each option once.")) }
}

fn accepted(value: &bool) -> Result<(), ValidationError> {
    if *value { Ok(()) } else { Err(failure("terms", "Please accept the terms to order.")) }
}

fn eid_when_esim(sim: &SimChoice) -> Result<(), ValidationError> {
    match (sim.kind, sim.eid.as_deref().filter(|e| !e.trim().is_empty())) {
        (SimKind::Esim, Some(eid)) => validation::eid(eid),
        (SimKind::Esim, None) => Err(failure("eid_needed", "Enter the EID of the phone that gets the eSIM.")),
        (SimKind::Physical, _) => Ok(()),
    }
}
