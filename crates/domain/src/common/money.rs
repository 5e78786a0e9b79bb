//! Exact money: integer minor units, never a float.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// ISO 4217 currencies that the portal can bill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Currency {
    /// Japanese yen, no decimals.
    #[serde(rename = "JPY")]
    Jpy,
    /// US dollar, two decimals.
    #[serde(rename = "USD")]
    Usd,
}

impl Currency {
    /// Decimal digits of the minor unit (ISO 4217): 0 for yen, 2 for dollars.
    pub const fn exponent(self) -> u32 {
        match self {
            Self::Jpy => 0,
            Self::Usd => 2,
        }
    }
    pub const fn code(self) -> &'static str {
        match self {
            Self::Jpy => "JPY",
            Self::Usd => "USD",
        }
    }
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Jpy, Self::Usd].into_iter().find(|c| c.code().eq_ignore_ascii_case(code))
    }
}

/// An amount in minor units of a currency (yen, cents). May be negative (a credit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Money {
    /// Minor units: 1 is one yen, or one cent.
    pub minor: i64,
    pub currency: Currency,
}

/// Numbers that JSON readers keep as binary fractions print the decimal that was written as long as they are below this (15
/// digits are exact; two of them may be decimals).
pub(crate) const EXACT_BELOW: f64 = 1e13;

/// Why a provider's money text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    #[error("is not a decimal number")]
    NotDecimal,
    #[error("has a fraction smaller than the currency's minor unit")]
    TooPrecise,
    #[error("is out of range")]
    OutOfRange,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    pub const fn yen(amount: i64) -> Self {
        Self::new(amount, Currency::Jpy)
    }
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Reads a provider's decimal text: `"1200.00"`, `"-10.5"`, `"400"`. Extra zero decimals are fine (WHMCS writes yen
    /// with two), a real fraction of a minor unit is an error, never rounded.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotDecimal);
        }
        let exponent = currency.exponent() as usize;
        let (kept, dropped) = fraction.split_at(fraction.len().min(exponent));
        if dropped.bytes().any(|b| b != b'0') {
            return Err(MoneyError::TooPrecise);
        }
        let mut minor: i64 = 0;
        let padding = std::iter::repeat_n(b'0', exponent - kept.len());
        for b in whole.bytes().chain(kept.bytes()).chain(padding) {
            let digit = i64::from(b - b'0');
            // With its sign from the beginning: the least amount has no positive twin.
            minor = minor
                .checked_mul(10)
                .and_then(|m| m.checked_add(if negative { -digit } else { digit }))
                .ok_or(MoneyError::OutOfRange)?;
        }
        Ok(Self::new(minor, currency))
    }

    /// Reads a provider's JSON number: `300.0`, `400`, `12.5`.
    ///
    /// # Errors
    /// As [`Money::parse`], and `OutOfRange` where JSON's own form cannot hold the amount exactly (10 trillion and more with a
    /// fraction).
    pub fn from_number(number: &serde_json::Number, currency: Currency) -> Result<Self, MoneyError> {
        let exact = number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.abs() < EXACT_BELOW);
        if exact { Self::parse(&number.to_string(), currency) } else { Err(MoneyError::OutOfRange) }
    }

    /// Sum, `None` when the currencies differ or the sum overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self::new(minor, self.currency))
    }

    /// Consumption tax on this net amount, rounded down to the minor unit (the usual rule of Japanese operators). A tax beyond
    /// what an amount can hold is cut there.
    pub fn tax(self, rate_percent: u8) -> Self {
        let tax = (i128::from(self.minor) * i128::from(rate_percent)).div_euclid(100);
        let most = if tax < 0 { i64::MIN } else { i64::MAX };
        Self::new(i64::try_from(tax).unwrap_or(most), self.currency)
    }

    /// The amount as a plain decimal for a provider: `"1200"`, `"12.50"`.
    pub fn to_decimal(self) -> String {
        let exponent = self.currency.exponent();
        let scale = 10_u64.pow(exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let abs = self.minor.unsigned_abs();
        match exponent {
            0 => format!("{sign}{abs}"),
            width => format!("{sign}{}.{:0width$}", abs / scale, abs % scale, width = width as usize),
        }
    }
}

/// `¥1,200`, `$12.50`: the form that people read, the same on every screen and in both languages.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = self.to_decimal();
        let decimal = decimal.trim_start_matches('-');
        let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
        if self.minor < 0 {
            f.write_str("−")?;
        }
        f.write_str(match self.currency {
            Currency::Jpy => "¥",
            Currency::Usd => "$",
        })?;
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn billing_texts_become_exact_yen() {
        assert_eq!(Money::parse("1200.00", Currency::Jpy), Ok(Money::yen(1200)));
        assert_eq!(Money::parse("-10", Currency::Jpy), Ok(Money::yen(-10)));
        assert_eq!(Money::parse("12.5", Currency::Usd), Ok(Money::new(1250, Currency::Usd)));
    }

    #[test]
    fn a_fraction_of_a_yen_and_display_money_are_refused() {
        assert_eq!(Money::parse("0.50", Currency::Jpy), Err(MoneyError::TooPrecise));
        for text in ["", "¥12", "1,200", "1e3", "--1", ".5", "12.3.4", "$2645.80 USD"] {
            assert_eq!(Money::parse(text, Currency::Usd), Err(MoneyError::NotDecimal), "{text}");
        }
        assert_eq!(Money::parse("99999999999999999999", Currency::Jpy), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn people_read_grouped_amounts() {
        assert_eq!(Money::yen(1_234_567).to_string(), "¥1,234,567");
        assert_eq!(Money::yen(-980).to_string(), "−¥980");
        assert_eq!(Money::new(105, Currency::Usd).to_string(), "$1.05");
    }

    #[test]
    fn tax_is_rounded_down() {
        assert_eq!(Money::yen(999).tax(10), Money::yen(99));
        assert_eq!(Money::yen(0).tax(10), Money::yen(0));
    }

    #[test]
    fn the_ends_of_the_range_are_read_and_printed() {
        for currency in [Currency::Jpy, Currency::Usd] {
            for minor in [i64::MIN, i64::MIN + 1, i64::MAX] {
                let money = Money::new(minor, currency);
                assert_eq!(Money::parse(&money.to_decimal(), currency), Ok(money));
            }
        }
        assert_eq!(Money::yen(i64::MIN).to_string(), "−¥9,223,372,036,854,775,808");
        assert_eq!(Money::new(i64::MIN, Currency::Usd).to_string(), "−$92,233,720,368,547,758.08");
        assert_eq!(Money::parse("9223372036854775808", Currency::Jpy), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse("-9223372036854775809.00", Currency::Jpy), Err(MoneyError::OutOfRange));
        assert_eq!(Money::yen(i64::MAX).tax(255), Money::yen(i64::MAX), "cut, not turned round");
        assert_eq!(Money::yen(i64::MAX).checked_add(Money::yen(1)), None);
        assert_eq!(Money::yen(1).checked_add(Money::new(1, Currency::Usd)), None);
    }

    #[test]
    fn numbers_that_json_cannot_hold_exactly_are_refused() {
        let read = |json: &str, currency| Money::from_number(&serde_json::from_str(json).unwrap(), currency);
        assert_eq!(read("300.0", Currency::Jpy), Ok(Money::yen(300)));
        assert_eq!(read("400", Currency::Usd), Ok(Money::new(40_000, Currency::Usd)));
        assert_eq!(read("-0.07", Currency::Usd), Ok(Money::new(-7, Currency::Usd)));
        assert_eq!(
            read("9007199254740993", Currency::Jpy),
            Ok(Money::yen(9_007_199_254_740_993)),
            "whole numbers are exact"
        );
        assert_eq!(read("9007199254740993.0", Currency::Jpy), Err(MoneyError::OutOfRange), "would be one yen less");
        assert_eq!(read("123456789012345.67", Currency::Usd), Err(MoneyError::OutOfRange));
        assert_eq!(read("0.5", Currency::Jpy), Err(MoneyError::TooPrecise));
        assert_eq!(read("1e30", Currency::Jpy), Err(MoneyError::OutOfRange));
    }

    fn currency() -> impl Strategy<Value = Currency> {
        prop_oneof![Just(Currency::Jpy), Just(Currency::Usd)]
    }

    proptest! {
        #[test]
        fn decimal_text_round_trips(minor: i64, currency in currency()) {
            let money = Money::new(minor, currency);
            prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency), Ok(money));
        }

        /// Written out by hand: the digits of the text, without the mark, are the minor units.
        #[test]
        fn a_decimal_is_its_digits(negative: bool, whole in 0_u64..90_000_000_000_000, cents in 0_u8..100) {
            let sign = if negative { -1_i64 } else { 1 };
            let text = format!("{}{whole}.{cents:02}", if negative { "-" } else { "" });
            let expected = sign * i64::try_from(whole * 100 + u64::from(cents)).unwrap();
            prop_assert_eq!(Money::parse(&text, Currency::Usd), Ok(Money::new(expected, Currency::Usd)));
        }

        /// WHMCS writes yen with two zeros; anything else behind the mark is no amount of yen.
        #[test]
        fn yen_have_no_decimals(yen in -90_000_000_000_000_i64..90_000_000_000_000, cents in 0_u8..100) {
            let read = Money::parse(&format!("{yen}.{cents:02}"), Currency::Jpy);
            prop_assert_eq!(read, if cents == 0 { Ok(Money::yen(yen)) } else { Err(MoneyError::TooPrecise) });
            prop_assert!(!Money::yen(yen).to_decimal().contains('.'));
            prop_assert!(!Money::yen(yen).to_string().contains('.'));
        }

        /// A number in JSON is the same amount as its text, or it is refused: never another amount.
        #[test]
        fn a_json_number_is_its_text_or_nothing(whole: i64, cents in 0_u8..100, currency in currency()) {
            let text = format!("{whole}.{cents:02}");
            let number = serde_json::from_str(&text).unwrap();
            match Money::from_number(&number, currency) {
                Ok(read) => prop_assert_eq!(Money::parse(&text, currency), Ok(read)),
                Err(MoneyError::OutOfRange) => prop_assert!(whole.unsigned_abs() >= 9_999_999_999_999),
                Err(error) => prop_assert_eq!(Money::parse(&text, currency), Err(error)),
            }
        }

        #[test]
        fn parsing_never_panics_and_prints_what_it_read(text in ".{0,40}", currency in currency()) {
            if let Ok(money) = Money::parse(&text, currency) {
                prop_assert_eq!(Money::parse(&money.to_decimal(), currency), Ok(money));
            }
        }

        #[test]
        fn groups_of_three_hide_no_digit(minor: i64, currency in currency()) {
            let shown = Money::new(minor, currency).to_string();
            let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
            let width = currency.exponent() as usize + 1;
            prop_assert_eq!(digits, format!("{:0width$}", minor.unsigned_abs()));
            prop_assert_eq!(shown.starts_with('−'), minor < 0);
            let whole = shown.split('.').next().unwrap().trim_start_matches(['−', '¥', '$']);
            let groups: Vec<_> = whole.split(',').collect();
            prop_assert!((1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3));
        }

        #[test]
        fn tax_is_a_part_of_the_amount(minor: i64, percent in 0_u8..=100) {
            let tax = Money::yen(minor).tax(percent).minor;
            let exact = i128::from(minor) * i128::from(percent);
            prop_assert!(i128::from(tax) * 100 <= exact && exact < (i128::from(tax) + 1) * 100);
        }
    }
}
