//! Values as SOQL writes them.

use super::ast::Literal;
use crate::clock::{Date, parse_datetime};

/// Reads an unquoted value; `today` is the day number where the user is.
pub(crate) fn unquoted(word: &str, today: i64) -> Option<Literal> {
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "true" => return Some(Literal::Boolean(true)),
        "false" => return Some(Literal::Boolean(false)),
        "null" => return Some(Literal::Null),
        _ => {}
    }
    if let Some(date) = Date::parse_iso(word) {
        return Some(Literal::Date(date.days()));
    }
    if let Some(moment) = parse_datetime(word) {
        return Some(Literal::DateTime(moment));
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && let Ok(number) = word.parse::<f64>()
    {
        return Some(Literal::Number(number));
    }
    // An amount with its currency; the org has one, so the letters say nothing more.
    if let Some((code, amount)) = word.split_at_checked(3)
        && code.bytes().all(|b| b.is_ascii_uppercase())
        && amount.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(number) = amount.parse::<f64>()
    {
        return Some(Literal::Number(number));
    }
    date_literal(&lower, today).map(|(from, to)| Literal::Days(from, to))
}

fn date_literal(lower: &str, today: i64) -> Option<(i64, i64)> {
    let (name, count) = match lower.split_once(':') {
        // More would leave the years that a date can have.
        Some((name, count)) => (name, Some(count.parse::<i64>().ok().filter(|n| (0..=9_999).contains(n))?)),
        None => (lower, None),
    };
    let date = Date::from_days(today);
    let months = |from: i64, to: i64| (date.first_of_month(from).days(), date.first_of_month(to).days());
    // Weeks begin on Sunday; 1970-01-01 was a Thursday.
    let week = today - (today + 4).rem_euclid(7);
    let january = -(i64::from(date.month) - 1);
    let n = count.unwrap_or(0);
    // The financial year begins in January, as it does unless an org says otherwise.
    let name = name.replace("fiscal_", "");
    let quarter = -((i64::from(date.month) - 1) % 3);
    let range = match (name.as_str(), count.is_some()) {
        ("today", false) => (today, today + 1),
        ("yesterday", false) => (today - 1, today),
        ("tomorrow", false) => (today + 1, today + 2),
        ("last_week", false) => (week - 7, week),
        ("this_week", false) => (week, week + 7),
        ("next_week", false) => (week + 7, week + 14),
        ("last_month", false) => months(-1, 0),
        ("this_month", false) => months(0, 1),
        ("next_month", false) => months(1, 2),
        ("last_quarter", false) => months(quarter - 3, quarter),
        ("this_quarter", false) => months(quarter, quarter + 3),
        ("next_quarter", false) => months(quarter + 3, quarter + 6),
        ("last_n_quarters", true) => months(quarter - 3 * n, quarter),
        ("next_n_quarters", true) => months(quarter + 3, quarter + 3 + 3 * n),
        ("n_quarters_ago", true) => months(quarter - 3 * n, quarter - 3 * n + 3),
        ("n_weeks_ago", true) => (week - 7 * n, week - 7 * n + 7),
        ("n_months_ago", true) => months(-n, 1 - n),
        ("n_years_ago", true) => months(january - 12 * n, january - 12 * n + 12),
        ("last_year", false) => months(january - 12, january),
        ("this_year", false) => months(january, january + 12),
        ("next_year", false) => months(january + 12, january + 24),
        ("last_90_days", false) => (today - 90, today + 1),
        ("next_90_days", false) => (today + 1, today + 91),
        ("last_n_days", true) => (today - n, today + 1),
        ("next_n_days", true) => (today + 1, today + 1 + n),
        ("n_days_ago", true) => (today - n, today - n + 1),
        ("last_n_weeks", true) => (week - 7 * n, week),
        ("next_n_weeks", true) => (week + 7, week + 7 + 7 * n),
        ("last_n_months", true) => months(-n, 0),
        ("next_n_months", true) => months(1, 1 + n),
        ("last_n_years", true) => months(january - 12 * n, january),
        ("next_n_years", true) => months(january + 12, january + 12 + 12 * n),
        _ => return None,
    };
    Some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_literals_cover_whole_units() {
        let today = Date::parse_iso("2026-03-11").unwrap().days(); // a Wednesday
        let range = |word: &str| match unquoted(word, today) {
            Some(Literal::Days(from, to)) => (Date::from_days(from).iso(), Date::from_days(to).iso()),
            other => panic!("{word}: {other:?}"),
        };
        assert_eq!(range("THIS_MONTH"), ("2026-03-01".into(), "2026-04-01".into()));
        assert_eq!(range("LAST_YEAR"), ("2025-01-01".into(), "2026-01-01".into()));
        assert_eq!(range("this_week"), ("2026-03-08".into(), "2026-03-15".into()));
        assert_eq!(range("LAST_N_DAYS:7"), ("2026-03-04".into(), "2026-03-12".into()));
        assert_eq!(range("THIS_QUARTER"), ("2026-01-01".into(), "2026-04-01".into()));
        assert_eq!(range("LAST_N_QUARTERS:2"), ("2025-07-01".into(), "2026-01-01".into()));
        assert_eq!(range("N_FISCAL_YEARS_AGO:1"), ("2025-01-01".into(), "2026-01-01".into()));
        assert_eq!(range("N_MONTHS_AGO:3"), ("2025-12-01".into(), "2026-01-01".into()));
        assert_eq!(range("N_WEEKS_AGO:1"), ("2026-03-01".into(), "2026-03-08".into()));
        assert_eq!(unquoted("SOMEDAY", today), None);
        assert_eq!(unquoted("LAST_N_DAYS:99999999999", today), None);
        assert_eq!(unquoted("JPY1200", today), Some(Literal::Number(1_200.0)));
    }
}
