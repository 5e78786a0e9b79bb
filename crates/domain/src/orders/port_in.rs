//! Keeping a number that another operator serves (MNP): what the customer enters, with the rules that the wizard and the API
//! share. That only an eSIM with voice can keep one is a rule of the catalogue, see [`super::pricing`].

use super::schema::NewOrder;
use crate::Date;
use crate::common::problem::FieldError;
use crate::common::validation::failure;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// From the day of the order on, a reservation must be valid for so many days, or the review of the order eats it up.
pub const DAYS_LEFT: i64 = 2;
/// Longest name of a holder, characters.
const LONGEST_NAME: usize = 50;

/// A number to be taken along from another operator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PortIn {
    /// 11 digits that begin with 070, 080 or 090; blanks and hyphens allowed.
    #[validate(custom(function = "phone_number"))]
    pub phone_number: String,
    /// The ten-digit MNP reservation number of the present operator; blanks and hyphens allowed.
    #[validate(custom(function = "reservation_number"))]
    pub reservation_number: String,
    /// The last day of the reservation, in Japan: two days after the order at the earliest.
    pub expires_on: Date,
    /// The holder of the number as the present operator knows them, in full-width katakana.
    #[validate(custom(function = "holder_name_kana"))]
    pub holder_name_kana: String,
}

/// All of it identifies a person.
impl std::fmt::Debug for PortIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PortIn(•••)")
    }
}

impl PortIn {
    /// The number as 11 digits.
    pub fn phone_digits(&self) -> String {
        bare(&self.phone_number)
    }

    /// The reservation as 10 digits.
    pub fn reservation_digits(&self) -> String {
        bare(&self.reservation_number)
    }

    /// Checks the day against today in Japan, which a [`Validate`] rule does not know.
    ///
    /// # Errors
    /// `reservation_expired`, `reservation_too_short`.
    pub fn check_day(&self, today: Date) -> Result<(), ValidationError> {
        if self.expires_on < today {
            return Err(failure("reservation_expired", "This reservation is over. Ask your operator for a new one."));
        }
        if self.expires_on < today.plus_days(DAYS_LEFT) {
            return Err(failure(
                "reservation_too_short",
                "The reservation must be valid for at least two more days. Ask your operator for a new one.",
            ));
        }
        Ok(())
    }
}

/// The faults of an order that depend on today in Japan.
pub fn day_errors(order: &NewOrder, today: Date) -> Vec<FieldError> {
    let ported =
        order.items.iter().enumerate().filter_map(|(index, item)| Some((index, item.sim.as_ref()?.port_in.as_ref()?)));
    ported
        .filter_map(|(index, port_in)| {
            let error = port_in.check_day(today).err()?;
            let detail = error.message.unwrap_or_default();
            Some(FieldError::new(format!("/items/{index}/sim/port_in/expires_on"), error.code, detail))
        })
        .collect()
}

/// Without the blanks and hyphens by which people group digits.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn phone_number(value: &str) -> Result<(), ValidationError> {
    let digits = bare(value);
    let mobile = ["070", "080", "090"].iter().any(|prefix| digits.starts_with(prefix));
    if digits.len() == 11 && digits.bytes().all(|b| b.is_ascii_digit()) && mobile {
        Ok(())
    } else {
        Err(failure("mobile_number", "Enter the mobile number with its 11 digits, such as 090-1234-5678."))
    }
}

fn reservation_number(value: &str) -> Result<(), ValidationError> {
    let digits = bare(value);
    if digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(failure("reservation_number", "Enter the ten digits of the MNP reservation number."))
    }
}

fn holder_name_kana(value: &str) -> Result<(), ValidationError> {
    let kana = |c: char| matches!(c, '\u{30A1}'..='\u{30FA}' | '\u{30FC}');
    let fine = value.chars().count() <= LONGEST_NAME
        && value.chars().any(kana)
        && value.chars().all(|c| kana(c) || matches!(c, ' ' | '\u{3000}' | '・'));
    if fine { Ok(()) } else { Err(failure("kana", "Enter the name in full-width katakana, such as タナカ ユイ.")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::validation::field_errors;

    fn port_in() -> PortIn {
        PortIn {
            phone_number: "090-1234-5678".to_owned(),
            reservation_number: "12 3456 7890".to_owned(),
            expires_on: Date::new(2026, 12, 1).unwrap(),
            holder_name_kana: "タナカ　ユイ".to_owned(),
        }
    }

    fn codes(port_in: &PortIn) -> Vec<String> {
        let errors = port_in.validate().err().map(|errors| field_errors(&errors)).unwrap_or_default();
        errors.into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
    }

    #[test]
    fn digits_may_be_grouped_and_are_read_bare() {
        assert_eq!(codes(&port_in()), Vec::<String>::new());
        assert_eq!(
            (port_in().phone_digits(), port_in().reservation_digits()),
            ("09012345678".into(), "1234567890".into())
        );
        assert_eq!(format!("{:?}", Some(port_in())), "Some(PortIn(•••))");
    }

    #[test]
    fn what_is_no_mobile_number_reservation_or_kana_is_named() {
        for number in
            ["", "03-1234-5678", "0901234567", "090123456789", "060-1234-5678", "０９０１２３４５６７８", "0901234567a"]
        {
            assert_eq!(
                codes(&PortIn { phone_number: number.into(), ..port_in() }),
                ["#/phone_number mobile_number"],
                "{number}"
            );
        }
        for number in ["", "123456789", "12345678901", "12345678x0"] {
            let bad = PortIn { reservation_number: number.into(), ..port_in() };
            assert_eq!(codes(&bad), ["#/reservation_number reservation_number"], "{number}");
        }
        for name in ["", "   ", "田中 ユイ", "tanaka", "たなか", "ﾀﾅｶ", &"ア".repeat(51)] {
            assert_eq!(
                codes(&PortIn { holder_name_kana: name.into(), ..port_in() }),
                ["#/holder_name_kana kana"],
                "{name}"
            );
        }
        assert!(codes(&PortIn { holder_name_kana: "ジョン・スミス ヴァーノン".into(), ..port_in() }).is_empty());
    }

    #[test]
    fn a_reservation_has_two_days_left_on_the_day_of_the_order() {
        let on = |day| port_in().check_day(Date::new(2026, 11, day).unwrap()).err().map(|e| e.code.into_owned());
        assert_eq!(on(29), None);
        assert_eq!(on(30), Some("reservation_too_short".to_owned()));
        let late = port_in().check_day(Date::new(2026, 12, 2).unwrap()).err().map(|e| e.code.into_owned());
        assert_eq!(late, Some("reservation_expired".to_owned()));
    }
}
