//! What a line has used and what was added to it: `mvno/getTrafficInfo` and `mvno/getQuotaHistory`. All forms are assumed
//! (A), see the contract's note on Freebit.

use super::mapper::{compact_date, digits, flag, is_of, text};
use crate::Date;
use crate::common::map_error::MapError;
use crate::sim::units::{CarrierUnits, Kilobytes};
use serde_json::Value;

const TRAFFIC: &str = "Freebit traffic";
const HISTORY: &str = "Freebit quota history";
/// Days that a traffic reply covers at most.
const MOST_DAYS: usize = 30;

/// What a line has used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub today: Kilobytes,
    /// Yesterday first, at most 30 days; `None` for a day without a record.
    pub recent_days: Vec<Option<Kilobytes>>,
    /// The line is slowed down because its data is used up.
    pub throttled: bool,
}

/// Data that was added to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    pub added_on: Date,
    /// The last day on which it can be used.
    pub expires_on: Option<Date>,
    pub amount: Kilobytes,
    /// The tag that it was ordered with.
    pub tag: Option<String>,
}

/// Reads a `getTrafficInfo` reply about `account`.
///
/// # Errors
/// When it is about another line, or a volume is not a number.
pub fn usage(reply: &Value, account: &str, units: CarrierUnits) -> Result<Usage, MapError> {
    about(reply, account, TRAFFIC)?;
    let traffic = reply.get("traffic").ok_or_else(|| MapError::missing(TRAFFIC, "traffic"))?;
    let today = digits(traffic.get("today")).ok_or_else(|| MapError::missing(TRAFFIC, "today"))?;
    // One day may come as a number; a day without a record is an empty element.
    let recent = text(traffic, "inRecentDays").unwrap_or_default();
    let days = if recent.is_empty() { Vec::new() } else { recent.split(',').take(MOST_DAYS).collect() };
    let recent_days = days
        .into_iter()
        .map(|day| match day.trim() {
            "" => Ok(None),
            day => day
                .parse()
                .map(|kb| Some(units.kilobytes(kb)))
                .map_err(|_| MapError::new(TRAFFIC, "inRecentDays", "is not a list of numbers")),
        })
        .collect::<Result<_, _>>()?;
    Ok(Usage { today: units.kilobytes(today), recent_days, throttled: flag(traffic, "blackList") })
}

/// Reads a `getQuotaHistory` reply about `account`, newest first as it comes.
///
/// # Errors
/// When it is about another line, or an entry has no day or volume.
pub fn top_ups(reply: &Value, account: &str, units: CarrierUnits) -> Result<Vec<TopUp>, MapError> {
    about(reply, account, HISTORY)?;
    let entries: &[Value] = match reply.get("quotaHistory") {
        Some(Value::Array(entries)) => entries,
        Some(entry @ Value::Object(_)) => std::slice::from_ref(entry),
        Some(Value::Null) | None => &[],
        Some(Value::String(empty)) if empty.is_empty() => &[],
        Some(_) => return Err(MapError::new(HISTORY, "quotaHistory", "is not a list")),
    };
    entries.iter().map(|entry| top_up(entry, units)).collect()
}

fn top_up(entry: &Value, units: CarrierUnits) -> Result<TopUp, MapError> {
    let day = |field: &'static str| match text(entry, field) {
        None => Ok(None),
        // A time may follow the day.
        Some(day) => day
            .get(..8)
            .and_then(compact_date)
            .map(Some)
            .ok_or_else(|| MapError::new(HISTORY, field, "does not begin with YYYYMMDD")),
    };
    Ok(TopUp {
        added_on: day("addDate")?.ok_or_else(|| MapError::missing(HISTORY, "addDate"))?,
        expires_on: day("expire")?,
        amount: digits(entry.get("quota"))
            .map(|kb| units.kilobytes(kb))
            .ok_or_else(|| MapError::missing(HISTORY, "quota"))?,
        tag: text(entry, "quotaCode"),
    })
}

/// An answer about another line is never shown to this line's customer.
fn about(reply: &Value, account: &str, what: &'static str) -> Result<(), MapError> {
    if text(reply, "account").is_some() && !is_of(reply, account) {
        return Err(MapError::new(what, "account", "is another line"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LINE: &str = "07012345678";

    #[test]
    fn traffic_is_read_in_its_forms() {
        let units = CarrierUnits::default();
        let of =
            |traffic: Value| usage(&json!({"resultCode": "100", "account": LINE, "traffic": traffic}), LINE, units);
        let full = of(json!({"today": "120", "inRecentDays": "300,,5", "blackList": "10"})).unwrap();
        assert_eq!(full.today, Kilobytes(120));
        assert_eq!(full.recent_days, [Some(Kilobytes(300)), None, Some(Kilobytes(5))]);
        assert!(full.throttled);
        let odd = of(json!({"today": 7, "inRecentDays": 300, "blackList": 20})).unwrap();
        assert_eq!((odd.today, odd.recent_days.len(), odd.throttled), (Kilobytes(7), 1, false));
        assert_eq!(of(json!({"today": "0", "inRecentDays": ""})).unwrap().recent_days, []);
        let long = vec!["1"; 90].join(",");
        assert_eq!(of(json!({"today": "0", "inRecentDays": long})).unwrap().recent_days.len(), MOST_DAYS);
        for wrong in [json!({}), json!({"today": "x"}), json!({"today": "1", "inRecentDays": "1,-2"}), json!(null)] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
        let binary = CarrierUnits::new(1024).unwrap();
        let reply = json!({"account": LINE, "traffic": {"today": "10240"}});
        assert_eq!(usage(&reply, LINE, binary).unwrap().today, Kilobytes(10_000));
        assert!(usage(&reply, "07099999999", units).is_err(), "another line's usage");
    }

    #[test]
    fn history_is_read_in_its_forms() {
        let units = CarrierUnits::default();
        let of =
            |history: Value| top_ups(&json!({"account": LINE, "total": "0", "quotaHistory": history}), LINE, units);
        let entry = json!({"addDate": "20260115", "expire": "20260228", "quota": "500000", "quotaCode": "t-1"});
        let one = of(json!([entry])).unwrap();
        assert_eq!(one[0].added_on, Date::new(2026, 1, 15).unwrap());
        assert_eq!(one[0].expires_on, Date::new(2026, 2, 28));
        assert_eq!((one[0].amount, one[0].tag.as_deref()), (Kilobytes(500_000), Some("t-1")));
        assert_eq!(of(entry).unwrap(), one, "a list of one without its brackets");
        let odd = json!([{"addDate": "20260115093000", "expire": "", "quota": 1, "quotaCode": ""}]);
        let odd = of(odd).unwrap();
        assert_eq!((odd[0].expires_on, odd[0].tag.as_deref()), (None, None));
        for empty in [json!([]), json!(""), json!(null)] {
            assert_eq!(of(empty).unwrap(), []);
        }
        for wrong in [
            json!("none"),
            json!([{"quota": "1"}]),
            json!([{"addDate": "20260115"}]),
            json!([{"addDate": "15.1.2026", "quota": "1"}]),
            json!([{"addDate": "20261301", "quota": "1"}]),
            json!([[]]),
        ] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
