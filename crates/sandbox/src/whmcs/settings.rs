//! What the installation is set up to do: gateways, currency, rules of billing. Who may call is in `access`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Failure, object};
use crate::world::store::{Store, Txn};

const TABLE: &str = "whmcs.settings";

/// Rules of billing, changed at run time through [`crate::World::set_whmcs_settings`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillingSettings {
    /// A service's next invoice is made this many days before it is due, 0 to 28.
    pub invoice_days_before: i64,
    /// Yen put on an overdue invoice, once; 0 = no fee.
    pub late_fee: i64,
    /// Days after the due date until the fee is put on.
    pub late_fee_after_days: i64,
    /// Days after the due date until the services of an unpaid invoice are suspended; `None` = never.
    pub suspend_after_days: Option<i64>,
    /// Whether a gateway for cards kept by the installation itself is active, beside the one with remote tokens.
    pub local_cards: bool,
}

impl Default for BillingSettings {
    fn default() -> Self {
        Self {
            invoice_days_before: 14,
            late_fee: 0,
            late_fee_after_days: 5,
            suspend_after_days: None,
            local_cards: false,
        }
    }
}

pub(crate) fn get(store: &Store) -> BillingSettings {
    store.read(TABLE, "billing").unwrap_or_default()
}

pub(crate) fn set(txn: &mut Txn<'_>, settings: &BillingSettings) {
    txn.put(TABLE, "billing", settings);
}

/// How a gateway keeps what it charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Cards behind a token.
    RemoteCards,
    /// Account numbers for transfers, charged by hand.
    Accounts,
    /// Cards in the installation's own database.
    LocalCards,
}

pub(crate) struct Gateway {
    pub module: &'static str,
    pub name: &'static str,
    pub keeps: Keeps,
}

const GATEWAYS: [Gateway; 3] = [
    Gateway { module: "stripe", name: "Credit Card", keeps: Keeps::RemoteCards },
    Gateway { module: "banktransfer", name: "Bank Transfer", keeps: Keeps::Accounts },
    Gateway { module: "offlinecc", name: "Offline Credit Card", keeps: Keeps::LocalCards },
];

/// The gateway of a client who has chosen none.
pub(crate) const DEFAULT_GATEWAY: &str = "stripe";

/// The active ones.
pub(crate) fn gateways(store: &Store) -> impl Iterator<Item = &'static Gateway> {
    let local = get(store).local_cards;
    GATEWAYS.iter().filter(move |gateway| local || gateway.keeps != Keeps::LocalCards)
}

pub(crate) fn gateway(store: &Store, module: &str) -> Option<&'static Gateway> {
    gateways(store).find(|gateway| gateway.module == module)
}

/// The name that customers read; nothing for a gateway which is not active.
pub(crate) fn gateway_name(store: &Store, module: &str) -> &'static str {
    gateway(store, module).map_or("", |gateway| gateway.name)
}

/// `stripe, banktransfer`: how error texts list the gateways.
pub(crate) fn gateway_list(store: &Store) -> String {
    gateways(store).map(|gateway| gateway.module).collect::<Vec<_>>().join(", ")
}

/// # Errors
/// The documented text with the list of gateways.
pub(crate) fn checked_gateway(store: &Store, module: Option<&str>) -> Result<&'static Gateway, Failure> {
    gateway(store, module.unwrap_or_default()).ok_or_else(|| {
        Failure::message(format!("Invalid Payment Method. Valid options include {}", gateway_list(store)))
    })
}

pub(crate) fn payment_methods(store: &Store) -> Answer {
    let rows: Vec<Value> =
        gateways(store).map(|gateway| json!({ "module": gateway.module, "displayname": gateway.name })).collect();
    Ok(object(json!({ "totalresults": rows.len(), "paymentmethods": { "paymentmethod": rows } })))
}

/// The id of the only currency.
pub(crate) const YEN: u64 = 1;

pub(crate) fn currencies() -> Answer {
    // Format 4: thousands marks and no decimals. The suffix has a leading blank.
    let yen = json!({ "id": YEN.to_string(), "code": "JPY", "prefix": "¥", "suffix": " JPY", "format": "4", "rate": "1.00000" });
    Ok(object(json!({ "totalresults": "1", "currencies": { "currency": [yen] } })))
}
