//! The part of a draft that keeps a number from another operator, as typed.

use domain::catalog::Catalog;
use domain::orders::port_in::day_errors;
use domain::orders::{NewOrder, PortIn};
use domain::{Date, FieldError};
use serde::{Deserialize, Serialize};

/// Pointer of the last day of the reservation.
pub const DAY: &str = "#/items/0/sim/port_in/expires_on";

/// What was typed; it stays when the customer takes a new number after all.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeepNumber {
    /// Whether the number is to be kept.
    pub wanted: bool,
    pub phone_number: String,
    pub reservation_number: String,
    /// `YYYY-MM-DD`, as date fields give it.
    pub expires_on: String,
    pub holder_name_kana: String,
}

/// It identifies a person.
impl std::fmt::Debug for KeepNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeepNumber(•••)")
    }
}

impl KeepNumber {
    /// The request's form; a day that cannot be read is one long ago, which is never sent because of its fault.
    pub fn port_in(&self) -> Option<PortIn> {
        self.wanted.then(|| PortIn {
            phone_number: self.phone_number.trim().to_owned(),
            reservation_number: self.reservation_number.trim().to_owned(),
            expires_on: self.day().unwrap_or_else(|| Date::from_days(0)),
            holder_name_kana: self.holder_name_kana.trim().to_owned(),
        })
    }

    pub fn day(&self) -> Option<Date> {
        self.expires_on.trim().parse().ok()
    }

    /// Faults of the day. Today is the day of the catalogue: the clock of a phone may be wrong, and the server looks again.
    pub fn day_faults(&self, order: &NewOrder, catalog: &Catalog) -> Vec<FieldError> {
        let mut faults = day_errors(order, catalog.as_of.date_in_japan());
        if self.day().is_none() {
            for fault in &mut faults {
                *fault = FieldError { code: "reservation_day".to_owned(), ..fault.clone() };
            }
        }
        faults
    }
}
