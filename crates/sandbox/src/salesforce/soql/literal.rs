//! Values as SOQL writes them.

use super::ast::Literal;
use crate::clock::{Date, parse_datetime};

/// Reads an unquoted value; `today` is the day number in UTC.
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
    date_literal(&lower, today).map(|(from, to)| Literal::Days(from, to))
}

fn date_literal(lower: &str, today: i64) -> Option<(i64, i64)> {
    let (name, count) = match lower.split_once(':') {
        Some((name, count)) => (name, Some(count.parse::<i64>().ok()?)),
        None => (lower, None),
    };
    let date = Date::from_days(today);
    let months = |from: i64, to: i64| (date.first_of_month(from).days(), date.first_of_month(to).days());
    // Weeks begin on Sunday; 1970-01-01 was a Thursday.
    let week = today - (today + 4).rem_euclid(7);
    let january = -(i64::from(date.month) - 1);
    let n = count.unwrap_or(0);
    let range = match (name, count.is_some()) {
        ("today", false) => (today, today + 1),
        ("yesterday", false) => (today - 1, today),
        ("tomorrow", false) => (today + 1, today + 2),
        ("last_week", false) => (week - 7, week),
        ("this_week", false) => (week, week + 7),
        ("next_week", false) => (week + 7, week + 14),
        ("last_month", false) => months(-1, 0),
        ("this_month", false) => months(0, 1),
        ("next_month", false) => months(1, 2),
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
        assert_eq!(unquoted("SOMEDAY", today), None);
    }
}
