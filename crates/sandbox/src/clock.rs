//! Time as the three systems write it. Salesforce speaks UTC; WHMCS and Freebit speak Japan time without saying so.

/// Japan has one offset and no summer time.
const JST_MS: i64 = 9 * 3_600_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub year: i64,
    pub month: u32,
    pub day: u32,
}

impl Date {
    /// Day number since 1970-01-01 (Howard Hinnant's civil calendar algorithm).
    pub(crate) fn from_days(days: i64) -> Self {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        Self { year, month: month as u32, day: (doy - (153 * mp + 2) / 5 + 1) as u32 }
    }

    pub(crate) fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let yoe = year.rem_euclid(400);
        let month = i64::from(self.month);
        let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
    }

    pub(crate) fn utc(ms: i64) -> Self {
        Self::from_days(ms.div_euclid(DAY_MS))
    }

    pub(crate) fn japan(ms: i64) -> Self {
        Self::from_days((ms + JST_MS).div_euclid(DAY_MS))
    }

    /// The instant at which this day begins in Japan.
    pub(crate) fn japan_start_ms(self) -> i64 {
        self.days() * DAY_MS - JST_MS
    }

    pub(crate) fn plus_days(self, days: i64) -> Self {
        Self::from_days(self.days() + days)
    }

    /// The first day of the month that lies `months` after this one.
    pub(crate) fn first_of_month(self, months: i64) -> Self {
        let index = self.year * 12 + i64::from(self.month) - 1 + months;
        Self { year: index.div_euclid(12), month: index.rem_euclid(12) as u32 + 1, day: 1 }
    }

    /// `2026-01-31`
    pub(crate) fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `20260131`, as Freebit writes it.
    pub(crate) fn compact(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// Reads `2026-01-31`; a day that does not exist is refused.
    pub(crate) fn parse_iso(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        Self::checked(text.get(0..4)?, text.get(5..7)?, text.get(8..10)?)
    }

    /// Reads `20260131`.
    pub(crate) fn parse_compact(text: &str) -> Option<Self> {
        if text.len() != 8 {
            return None;
        }
        Self::checked(text.get(0..4)?, text.get(4..6)?, text.get(6..8)?)
    }

    fn checked(year: &str, month: &str, day: &str) -> Option<Self> {
        if ![year, month, day].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        let date = Self { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        let real = (1..=12).contains(&date.month) && date.day >= 1 && Self::from_days(date.days()) == date;
        real.then_some(date)
    }
}

/// `2011-07-07T00:37:00.000+0000`: Salesforce REST writes the zone without a colon.
pub(crate) fn salesforce_datetime(ms: i64) -> String {
    let in_day = ms.rem_euclid(DAY_MS);
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}+0000",
        Date::utc(ms).iso(),
        in_day / 3_600_000,
        in_day / 60_000 % 60,
        in_day / 1_000 % 60,
        in_day % 1_000
    )
}

/// Reads a date and time with `Z`, `+09:00` or `+0900`, with or without a fraction.
pub(crate) fn parse_datetime(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let date = Date::parse_iso(date)?;
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.split(':').map(|part| if part.len() == 2 { part.parse::<i64>().ok() } else { None });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if hour > 23 || minute > 59 || second > 60 || parts.next().is_some() {
        return None;
    }
    let millis: i64 = match fraction.get(..fraction.len().min(3)) {
        Some("") | None => 0,
        Some(digits) => format!("{digits:0<3}").parse().ok()?,
    };
    let offset = if zone == "Z" {
        0
    } else {
        let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
        if digits.len() != 4 {
            return None;
        }
        let minutes = digits[..2].parse::<i64>().ok()? * 60 + digits[2..].parse::<i64>().ok()?;
        if zone.starts_with('-') { -minutes } else { minutes }
    };
    Some(date.days() * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000 + millis - offset * 60_000)
}

/// `2026-01-31 12:00:00` in Japan time, as WHMCS writes it.
pub(crate) fn japan_datetime(ms: i64) -> String {
    let in_day = (ms + JST_MS).rem_euclid(DAY_MS);
    format!(
        "{} {:02}:{:02}:{:02}",
        Date::japan(ms).iso(),
        in_day / 3_600_000,
        in_day / 60_000 % 60,
        in_day / 1_000 % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_over_leap_years() {
        for text in ["1970-01-01", "2000-02-29", "2024-02-29", "2026-12-31"] {
            let date = Date::parse_iso(text).unwrap();
            assert_eq!(Date::from_days(date.days()).iso(), text);
        }
        assert_eq!(Date::parse_iso("2026-02-29"), None);
        assert_eq!(Date::parse_iso("2026-13-01"), None);
        assert_eq!(Date::parse_compact("20240229").unwrap().iso(), "2024-02-29");
        assert_eq!(Date::parse_iso("2026-12-15").unwrap().first_of_month(2).iso(), "2027-02-01");
    }

    #[test]
    fn datetimes_are_read_in_every_documented_form() {
        let expected = parse_datetime("2026-01-31T01:00:00Z").unwrap();
        assert_eq!(parse_datetime("2026-01-31T10:00:00+09:00"), Some(expected));
        assert_eq!(parse_datetime("2026-01-31T01:00:00.000+0000"), Some(expected));
        assert_eq!(salesforce_datetime(expected), "2026-01-31T01:00:00.000+0000");
        assert_eq!(japan_datetime(expected), "2026-01-31 10:00:00");
        assert_eq!(parse_datetime("2026-01-31"), None);
    }

    #[test]
    fn a_japanese_day_begins_nine_hours_before_utc() {
        let start = Date::parse_iso("2026-03-01").unwrap().japan_start_ms();
        assert_eq!(salesforce_datetime(start), "2026-02-28T15:00:00.000+0000");
    }
}
