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
            minor =
                minor.checked_mul(10).and_then(|m| m.checked_add(i64::from(b - b'0'))).ok_or(MoneyError::OutOfRange)?;
        }
        Ok(Self::new(if negative { -minor } else { minor }, currency))
    }

    /// Sum, `None` when the currencies differ or the sum overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self::new(minor, self.currency))
    }

    /// Consumption tax on this net amount, rounded down to the minor unit (the usual rule of Japanese operators).
    pub fn tax(self, rate_percent: u8) -> Self {
        let tax = i128::from(self.minor) * i128::from(rate_percent);
        Self::new(tax.div_euclid(100) as i64, self.currency)
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
        let decimal = Self::new(self.minor.checked_abs().unwrap_or(i64::MAX), self.currency).to_decimal();
        let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
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

    proptest! {
        #[test]
        fn decimal_text_round_trips(minor in -1_000_000_000_000_i64..1_000_000_000_000, usd: bool) {
            let money = Money::new(minor, if usd { Currency::Usd } else { Currency::Jpy });
            prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency), Ok(money));
        }

        #[test]
        fn parsing_never_panics(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::Jpy);
        }
    }
}
