//! `UpgradeProduct`, whose price is the one amount that WHMCS gives only in the form that people read.

use super::id;
use crate::billing::{UpgradeOrder, UpgradeQuote};
use crate::common::loose::Text;
use crate::common::map_error::MapError;
use crate::subscriptions::providers::whmcs::wire::{self, NotMade};
use crate::{Currency, Money};
use serde::Deserialize;
use serde_json::Value;

const WHAT: &str = "WHMCS upgrade";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    newproductid: Text,
    daysuntilrenewal: Text,
    totaldays: Text,
    price: Text,
}

/// The answer with `calconly`.
///
/// # Errors
/// When the price cannot be read.
pub fn upgrade_quote(reply: &[u8], currency: Currency) -> Result<UpgradeQuote, MapError> {
    let raw: Raw = serde_json::from_slice(reply).map_err(|_| MapError::new(WHAT, "reply", "is not JSON"))?;
    Ok(UpgradeQuote {
        new_product_id: id(&raw.newproductid, WHAT, "newproductid")?,
        price: display_money(raw.price.as_str(), currency)
            .ok_or_else(|| MapError::new(WHAT, "price", "is not an amount of the currency"))?,
        days_until_renewal: raw.daysuntilrenewal.number().unwrap_or(0),
        total_days: raw.totaldays.number().unwrap_or(0),
    })
}

/// The answer without it.
///
/// # Errors
/// When no order was made: success without its id is none.
pub fn upgrade_order(reply: &Value) -> Result<UpgradeOrder, NotMade> {
    Ok(UpgradeOrder { order_id: wire::made(reply, "orderid")?, invoice_id: wire::optional_id(reply, "invoiceid") })
}

/// An amount with prefix, suffix and grouping in any of the four formats of `GetCurrencies`: `¥1,200 JPY`, `$1,234.56 USD`,
/// `1.234,56 €`, `-¥500 JPY`, `¥-500 JPY`. `None` when it cannot be only one amount, or names another currency.
pub fn display_money(text: &str, currency: Currency) -> Option<Money> {
    if names_another(text, currency) {
        return None;
    }
    let negative = text.contains(['-', '−']) || (text.contains('(') && text.contains(')'));
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let amount = &text[first..=last];
    if !amount.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',') || text[..first].contains(['.', ',']) {
        return None;
    }
    // The last mark begins the fraction when one or two digits follow it; otherwise it groups.
    let (whole, fraction) = match amount.rfind(['.', ',']) {
        Some(at) if amount.len() - at - 1 <= 2 => (&amount[..at], &amount[at + 1..]),
        _ => (amount, ""),
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let grouped = groups.len() > 1;
    if grouped && (groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|group| group.len() != 3)) {
        return None;
    }
    let plain = format!("{}{}.{fraction}", if negative { "-" } else { "" }, groups.concat());
    Money::parse(plain.trim_end_matches('.'), currency).ok()
}

/// Whether prefix or suffix are those of another currency: its sign, or a code of three capitals.
fn names_another(text: &str, currency: Currency) -> bool {
    let (own, signs): (_, &[char]) = match currency {
        Currency::Jpy => (['¥', '￥', '円'], &['$', '€', '£']),
        Currency::Usd => (['$', '$', '$'], &['¥', '￥', '円', '€', '£']),
    };
    let foreign_code = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase()) && word != currency.code());
    foreign_code || (text.contains(signs) && !text.contains(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn amounts_that_people_read() {
        for (text, yen) in [
            ("¥1,200 JPY", 1200),
            ("¥1200 JPY", 1200),
            ("1.200 JPY", 1200),
            ("¥1,200.00 JPY", 1200),
            ("1.200,00 JPY", 1200),
            ("-¥500 JPY", -500),
            ("¥-500 JPY", -500),
            ("(¥500)", -500),
            ("¥1,234,567", 1_234_567),
            ("0", 0),
        ] {
            assert_eq!(display_money(text, Currency::Jpy), Some(Money::yen(yen)), "{text}");
        }
        for bad in ["", "free", "¥1,20 JPY", "¥12.50", "1 200", "¥1,2,3", "1.2.3", "¥5 or ¥6", ".5", "¥,500"] {
            assert_eq!(display_money(bad, Currency::Jpy), None, "{bad}");
        }
        assert_eq!(display_money("$2645.80 USD", Currency::Usd), Some(Money::new(264_580, Currency::Usd)));
    }

    #[test]
    fn a_price_in_another_currency_is_no_price() {
        for foreign in ["$2645.00 USD", "$2645", "2645 EUR", "€2.645", "£26", "¥2645 CNY"] {
            assert_eq!(display_money(foreign, Currency::Jpy), None, "{foreign}");
        }
        for foreign in ["¥1,200 JPY", "1200 JPY", "1,200円", "€12.50"] {
            assert_eq!(display_money(foreign, Currency::Usd), None, "{foreign}");
        }
        assert_eq!(display_money("US$12.50", Currency::Usd), Some(Money::new(1250, Currency::Usd)));
        assert_eq!(display_money("1,200円", Currency::Jpy), Some(Money::yen(1200)));
    }

    #[test]
    fn quotes_and_orders() {
        let quote = json!({"result": "success", "oldproductid": "3", "newproductid": 5, "daysuntilrenewal": "12", "totaldays": 30,
            "newproductbillingcycle": "monthly", "price": "-¥480 JPY"});
        let quote = upgrade_quote(quote.to_string().as_bytes(), Currency::Jpy).unwrap();
        assert_eq!((quote.price, quote.days_until_renewal, quote.total_days), (Money::yen(-480), 12, 30));
        for (invoice, expected) in [(json!(null), None), (json!(0), None), (json!(""), None), (json!("9"), Some(9))] {
            let order = json!({"result": "success", "orderid": 4, "order_number": "77", "invoiceid": invoice});
            assert_eq!(upgrade_order(&order), Ok(UpgradeOrder { order_id: 4, invoice_id: expected }));
        }
        assert_eq!(upgrade_order(&json!({"warning": "no"})), Err(NotMade::Warned("no".to_owned())));
    }

    proptest! {
        /// The four formats of `GetCurrencies`, with prefix and suffix and a sign before or after the prefix.
        #[test]
        fn every_format_of_an_installation_is_the_same_amount(
            whole in 0_u32..2_000_000_000, cents in 0_u8..100, negative: bool, inside: bool, format in 1..=4, usd: bool
        ) {
            let (currency, prefix, suffix) = if usd { (Currency::Usd, "$", " USD") } else { (Currency::Jpy, "¥", " JPY") };
            let cents = if usd && format != 4 { cents } else { 0 };
            let grouped = |mark: &str| {
                let digits = whole.to_string();
                let mut out = String::new();
                for (i, digit) in digits.chars().enumerate() {
                    if i > 0 && (digits.len() - i).is_multiple_of(3) { out.push_str(mark); }
                    out.push(digit);
                }
                out
            };
            let amount = match format {
                1 => format!("{whole}.{cents:02}"),
                2 => format!("{}.{cents:02}", grouped(",")),
                3 => format!("{},{cents:02}", grouped(".")),
                _ => grouped(","),
            };
            let sign = if negative { "-" } else { "" };
            let text = if inside { format!("{prefix}{sign}{amount}{suffix}") } else { format!("{sign}{prefix}{amount}{suffix}") };
            let minor = i64::from(whole) * if usd { 100 } else { 1 } + i64::from(cents);
            let expected = Money::new(if negative { -minor } else { minor }, currency);
            prop_assert_eq!(display_money(&text, currency), Some(expected), "{}", text);
        }

        #[test]
        fn reading_what_people_read_never_panics(text in ".{0,40}", usd: bool) {
            let _ = display_money(&text, if usd { Currency::Usd } else { Currency::Jpy });
        }

        #[test]
        fn what_is_printed_is_read_back(minor in -9_999_999_999_i64..9_999_999_999) {
            for currency in [Currency::Jpy, Currency::Usd] {
                let money = Money::new(minor, currency);
                prop_assert_eq!(display_money(&money.to_string(), currency), Some(money), "{}", money);
            }
        }
    }
}
