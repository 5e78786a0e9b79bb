//! Lines, open orders and quota additions.

use serde::{Deserialize, Serialize};

use crate::clock::{DAY_MS, Date};
use crate::world::store::{Store, Txn};

/// A plan that lines can have.
pub(crate) struct Plan {
    pub code: &'static str,
    /// Data of a month in KB.
    pub monthly_kb: u64,
    pub voice: bool,
    /// Whether a 5G contract is possible.
    pub fast: bool,
}

/// Plans of the operator at the network; the catalogue's `Freebit_Plan_Code__c` names these.
pub(crate) const PLANS: &[Plan] = &[
    Plan { code: "KGM03V", monthly_kb: 3_000_000, voice: true, fast: true },
    Plan { code: "KGM10V", monthly_kb: 10_000_000, voice: true, fast: true },
    Plan { code: "KGM30V", monthly_kb: 30_000_000, voice: true, fast: true },
    Plan { code: "KGMUNV", monthly_kb: 300_000_000, voice: true, fast: true },
    Plan { code: "KGM05D", monthly_kb: 5_000_000, voice: false, fast: false },
    Plan { code: "KGM50D", monthly_kb: 50_000_000, voice: false, fast: true },
];

pub(crate) fn plan(code: &str) -> Option<&'static Plan> {
    PLANS.iter().find(|plan| plan.code == code)
}

/// A line. `account` is its number and its key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Line {
    pub account: String,
    /// waiting, active, suspended, temporary, obsolete.
    pub state: String,
    /// YYYYMMDD, "" while waiting.
    pub start_date: String,
    pub plan_code: String,
    pub iccid: String,
    pub imsi: String,
    pub eid: String,
    /// 4G or 5G.
    pub contract_line: String,
    /// standard, micro, nano, esim.
    pub size: String,
    pub sms: bool,
    pub talk: bool,
    pub ipv4: String,
    pub smdp_address: String,
    pub activation_code: String,
    pub voicemail: bool,
    pub callwaiting: bool,
    pub worldwing: bool,
    /// When plan, voice options or network type were last asked to change; they stand 30 minutes apart.
    pub last_change_ms: Option<i64>,
    /// Day number (Japan) from which the line is suspended.
    pub suspended_since: Option<i64>,
}

/// What an open order will do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(crate) enum Change {
    Open,
    /// An opening that fails when it falls due.
    GiveUp,
    SwitchPlan {
        plan_code: String,
    },
    Release,
    Cancel,
    Talk {
        voicemail: Option<bool>,
        callwaiting: Option<bool>,
        worldwing: Option<bool>,
    },
    ContractLine {
        contract_line: String,
    },
    Reissue {
        eid: String,
    },
}

impl Change {
    /// The name in `async.func`.
    pub(crate) fn func(&self) -> &'static str {
        match self {
            Self::Open | Self::GiveUp => "regist",
            Self::SwitchPlan { .. } => "changePlan",
            Self::Release => "releasePlan",
            Self::Cancel => "cancel",
            Self::Talk { .. } => "talkoption",
            Self::ContractLine { .. } => "contractline",
            Self::Reissue { .. } => "reissue",
        }
    }
}

/// An order that is accepted and not done yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub id: u64,
    pub account: String,
    pub placed_ms: i64,
    pub due_ms: i64,
    pub change: Change,
}

/// An addition to a line's quota.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Quota {
    pub id: u64,
    pub account: String,
    pub added_ms: i64,
    /// YYYYMMDD, last day of validity.
    pub expire: String,
    pub quota_kb: u64,
    pub quota_code: String,
}

pub(crate) fn line(store: &Store, account: &str) -> Option<Line> {
    store.read(super::LINES, account)
}

pub(crate) fn save(txn: &mut Txn<'_>, line: &Line) {
    txn.put(super::LINES, &line.account, line);
}

pub(crate) fn open_order(store: &Store, account: &str) -> Option<Order> {
    store.all::<Order>(super::OPEN_ORDERS).into_iter().find(|order| order.account == account)
}

/// Spreads bits evenly: the same line and day always give the same number (splitmix64).
pub(crate) fn mix(account: &str, day: i64) -> u64 {
    let digits: u64 =
        account.bytes().filter(u8::is_ascii_digit).fold(0, |n, b| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0')));
    let mut z =
        digits.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(day.unsigned_abs().wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// KB used on a day (Japan), `None` before the line began. A plan is used to about two thirds; weekends more.
pub(crate) fn traffic(line: &Line, day: i64, now_ms: i64) -> Option<u64> {
    let start = Date::parse_compact(&line.start_date)?.days();
    if day < start {
        return None;
    }
    if line.suspended_since.is_some_and(|since| day >= since) || line.state == "obsolete" {
        return Some(0);
    }
    let average = plan(&line.plan_code).map_or(50_000, |plan| plan.monthly_kb.min(60_000_000) / 45);
    let weekend = if (day + 4).rem_euclid(7) % 6 == 0 { 3 } else { 2 };
    let whole = average / 4 * weekend / 2 + mix(&line.account, day) % average.max(1);
    let midnight = Date::from_days(day).japan_start_ms();
    let elapsed = (now_ms - midnight).clamp(0, DAY_MS).unsigned_abs();
    Some(whole * elapsed / DAY_MS.unsigned_abs())
}

/// Usage added on top of what follows from the line and the day.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    kb: u64,
}

fn extra_key(account: &str, day: i64) -> String {
    format!("{account}/{}", Date::from_days(day).compact())
}

/// Lets a line have used more on a day (Japan).
pub(crate) fn add_usage(txn: &mut Txn<'_>, account: &str, day: i64, kb: u64) {
    let key = extra_key(account, day);
    let before = txn.read::<Extra>(super::USAGE, &key).map_or(0, |extra| extra.kb);
    txn.put(super::USAGE, &key, &Extra { kb: before.saturating_add(kb) });
}

/// KB used on a day (Japan) in all, `None` before the line began.
pub(crate) fn used(store: &Store, line: &Line, day: i64, now_ms: i64) -> Option<u64> {
    let extra = store.read::<Extra>(super::USAGE, &extra_key(&line.account, day)).map_or(0, |extra| extra.kb);
    traffic(line, day, now_ms).map(|kb| kb.saturating_add(extra))
}

/// KB left: what is left of the plan's data of this month, and of the additions that are still valid. What a month used
/// beyond the plan's data (today's plan: earlier ones are not kept) was taken from the additions, the first to expire first.
pub(crate) fn quota_left(store: &Store, line: &Line, now_ms: i64) -> u64 {
    let today = Date::japan(now_ms);
    let monthly = plan(&line.plan_code).map_or(0, |plan| plan.monthly_kb);
    let this_month = today.first_of_month(0);
    let mut additions: Vec<Quota> = store.all(super::QUOTA);
    additions.retain(|row| row.account == line.account);
    additions.sort_by(|a, b| (&a.expire, a.id).cmp(&(&b.expire, b.id)));
    let added = |row: &Quota| Date::japan(row.added_ms);
    let mut month = additions.iter().map(|row| added(row).first_of_month(0)).min().unwrap_or(this_month);
    let mut left_of_plan = monthly;
    while month <= this_month {
        let last = month.first_of_month(1).plus_days(-1).min(today);
        let used: u64 = (month.days()..=last.days()).filter_map(|day| used(store, line, day, now_ms)).sum();
        left_of_plan = monthly.saturating_sub(used);
        let mut beyond = used.saturating_sub(monthly);
        for row in additions.iter_mut().filter(|row| added(row) <= last && row.expire >= month.compact()) {
            let taken = beyond.min(row.quota_kb);
            row.quota_kb -= taken;
            beyond -= taken;
        }
        month = month.first_of_month(1);
    }
    let valid = additions.iter().filter(|row| row.expire >= today.compact());
    left_of_plan + valid.map(|row| row.quota_kb).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_the_same_each_time_and_begins_with_the_line() {
        let line = Line {
            account: "07000300001".into(),
            start_date: "20260110".into(),
            plan_code: "KGM03V".into(),
            ..Line::default()
        };
        let start = Date::parse_compact("20260110").unwrap();
        let later = start.plus_days(30).japan_start_ms();
        assert_eq!(traffic(&line, start.days() - 1, later), None);
        let day = traffic(&line, start.days() + 3, later).unwrap();
        assert_eq!(traffic(&line, start.days() + 3, later), Some(day));
        assert!(day > 0 && day < 3_000_000);
        assert_eq!(traffic(&line, start.days() + 30, later), Some(0), "a day that has just begun");
    }
}
