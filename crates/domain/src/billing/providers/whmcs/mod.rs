//! Billing as WHMCS shows it. Secrets in its replies (`remote_token`, `password`, `passwordhash`) are not even read.

mod accounts;
mod invoices;
mod payments;
mod upgrades;

pub use accounts::account;
pub use invoices::{InvoicePage, RawInvoicePage, invoice, invoice_page, map_invoices};
pub use payments::{credit_applied, credits, gateways, payment_methods, transactions};
pub use upgrades::{display_money, upgrade_order, upgrade_quote};

use crate::common::loose::Text;
use crate::common::map_error::MapError;
use crate::{Currency, Date, Money};

/// A decimal amount in the currency of the installation.
fn money(text: &Text, what: &'static str, field: &'static str, currency: Currency) -> Result<Money, MapError> {
    if text.as_str().is_empty() {
        return Err(MapError::missing(what, field));
    }
    Money::parse(text.as_str(), currency).map_err(|_| MapError::new(what, field, "is not an amount of the currency"))
}

/// As [`money`], where a missing member means nothing.
fn money_or_zero(text: &Text, what: &'static str, field: &'static str, currency: Currency) -> Result<Money, MapError> {
    if text.as_str().is_empty() { Ok(Money::zero(currency)) } else { money(text, what, field, currency) }
}

fn id(text: &Text, what: &'static str, field: &'static str) -> Result<u64, MapError> {
    text.number().filter(|id| *id > 0).ok_or_else(|| MapError::new(what, field, "is not an id"))
}

/// `""`, `0000-00-00` and `0000-00-00 00:00:00` mean none; the time of day is dropped.
fn date(text: &Text, what: &'static str, field: &'static str) -> Result<Option<Date>, MapError> {
    let text = text.as_str();
    match text.get(..10).unwrap_or(text) {
        "" | "0000-00-00" => Ok(None),
        day => day.parse().map(Some).map_err(|_| MapError::new(what, field, "is not a date")),
    }
}
