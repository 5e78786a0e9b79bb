//! Dates and times by `Intl`, in the customer's language and time zone. Data sizes by hand.

use domain::catalog::DataAllowance;
use domain::{Date, Money, Timestamp};
use js_sys::{Array, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

fn formatted(tag: &str, ms: f64, options: &[(&str, &str)]) -> String {
    let bag = Object::new();
    for (name, value) in options {
        // Setting a member of a fresh object cannot fail.
        let _ = Reflect::set(&bag, &(*name).into(), &(*value).into());
    }
    let format = Intl::DateTimeFormat::new(&Array::of1(&tag.into()), &bag).format();
    let date = js_sys::Date::new(&ms.into());
    format.call1(&JsValue::UNDEFINED, &date).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// `14:05`.
pub fn time(tag: &str, at: Timestamp) -> String {
    formatted(tag, at.millis() as f64, &[("hour", "2-digit"), ("minute", "2-digit")])
}
/// `23 Nov 2026, 14:05`.
pub fn date_time(tag: &str, at: Timestamp) -> String {
    formatted(tag, at.millis() as f64, &[("dateStyle", "medium"), ("timeStyle", "short")])
}
/// `23 Nov 2026, 14:05:09`.
pub fn moment(tag: &str, at: Timestamp) -> String {
    formatted(tag, at.millis() as f64, &[("dateStyle", "medium"), ("timeStyle", "medium")])
}
/// `23 Nov 2026, 14:05 GMT+9`.
pub fn date_time_zone(tag: &str, at: Timestamp) -> String {
    formatted(
        tag,
        at.millis() as f64,
        &[
            ("year", "numeric"),
            ("month", "short"),
            ("day", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("timeZoneName", "short"),
        ],
    )
}
/// A calendar date; it has no zone, so it is formatted in UTC.
pub fn date(tag: &str, date: Date) -> String {
    formatted(tag, (date.days() * 86_400_000) as f64, &[("dateStyle", "medium"), ("timeZone", "UTC")])
}

/// A net price with its tax.
pub fn with_tax(net: Money, rate_percent: u8) -> Money {
    Money::new(net.minor.saturating_add(net.tax(rate_percent).minor), net.currency)
}

/// `20 GB`, `500 MB`, `1.5 GB` (1 GB = 1000 MB); `None` when there is no limit.
pub fn data_size(data: DataAllowance) -> Option<String> {
    match data {
        DataAllowance::Unlimited => None,
        DataAllowance::Megabytes(mb) => Some(megabytes(u64::from(mb))),
    }
}

/// Gigabytes with at most one decimal (rounded down: never promise more than there is), below that megabytes.
pub fn megabytes(mb: u64) -> String {
    match (mb / 1000, mb % 1000 / 100) {
        (0, _) => format!("{mb} MB"),
        (gb, 0) => format!("{gb} GB"),
        (gb, tenths) => format!("{gb}.{tenths} GB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_sizes_read_like_on_a_price_list() {
        for (mb, text) in [(500, "500 MB"), (1000, "1 GB"), (1500, "1.5 GB"), (20_000, "20 GB"), (6_899, "6.8 GB")] {
            assert_eq!(megabytes(mb), text);
        }
        assert_eq!(data_size(DataAllowance::Unlimited), None);
        assert_eq!(data_size(DataAllowance::Megabytes(3000)).as_deref(), Some("3 GB"));
    }

    #[test]
    fn prices_with_tax_round_like_the_invoice() {
        assert_eq!(with_tax(Money::yen(999), 10), Money::yen(1098));
    }
}
