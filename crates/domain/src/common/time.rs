//! Instants and calendar dates without a time-zone database: the browser formats them with `Intl`, servers use UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Milliseconds since 1970-01-01T00:00:00Z. Travels as RFC 3339 text in UTC (`2026-11-23T08:12:37.123Z`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// A calendar date. Travels as `2026-11-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

/// A date or time text that is not of the form asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a date or time of the expected form")]
pub struct TimeError;

impl Timestamp {
    pub const fn millis(self) -> i64 {
        self.0
    }
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }
    /// The UTC calendar date.
    pub fn date(self) -> Date {
        Date::from_days(self.0.div_euclid(86_400_000))
    }
    /// The calendar date in Japan (UTC+9, no daylight saving), which Freebit's business rules use.
    pub fn date_in_japan(self) -> Date {
        self.plus_seconds(9 * 3600).date()
    }
}

impl Date {
    /// `None` when there is no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        ((1..=12).contains(&month) && day >= 1 && day <= date.days_in_month() && (0..=9999).contains(&year))
            .then_some(date)
    }
    pub const fn days_in_month(self) -> u8 {
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }
    /// Days since 1970-01-01 (Howard Hinnant's days-from-civil).
    pub fn days(self) -> i64 {
        let y = i64::from(self.year) - i64::from(self.month <= 2);
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }
    pub fn from_days(days: i64) -> Self {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month + 2) / 5 + 1) as u8;
        let month = if month < 10 { month + 3 } else { month - 9 } as u8;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as i32;
        Self { year, month, day }
    }
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_days(self.days() + days)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = TimeError;
    /// Exactly `YYYY-MM-DD`. Provider forms such as `0000-00-00` are the mapper's business.
    fn from_str(s: &str) -> Result<Self, TimeError> {
        let b = s.as_bytes();
        if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
            return Err(TimeError);
        }
        let number = |range: std::ops::Range<usize>| -> Result<u32, TimeError> {
            let part = &b[range];
            if part.iter().all(u8::is_ascii_digit) {
                Ok(part.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
            } else {
                Err(TimeError)
            }
        };
        Self::new(number(0..4)? as i32, number(5..7)? as u8, number(8..10)? as u8).ok_or(TimeError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.0.rem_euclid(86_400_000);
        let (seconds, millis) = (of_day / 1000, of_day % 1000);
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{h:02}:{m:02}:{s:02}.{millis:03}Z", self.date())
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    /// RFC 3339, and Salesforce's form whose zone has no colon (`2011-07-07T00:37:00.000+0000`).
    fn from_str(s: &str) -> Result<Self, TimeError> {
        if !s.is_ascii() || s.len() < 20 {
            return Err(TimeError);
        }
        let date: Date = s[..10].parse()?;
        let two = |at: usize| -> Result<i64, TimeError> {
            s.get(at..at + 2)
                .filter(|t| t.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|t| t.parse().ok())
                .ok_or(TimeError)
        };
        let b = s.as_bytes();
        if !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
            return Err(TimeError);
        }
        let (h, m, sec) = (two(11)?, two(14)?, two(17)?);
        if h > 23 || m > 59 || sec > 60 {
            return Err(TimeError);
        }
        let mut rest = &s[19..];
        let mut millis = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let len = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if len == 0 {
                return Err(TimeError);
            }
            millis = format!("{:0<3}", &fraction[..len.min(3)]).parse().map_err(|_| TimeError)?;
            rest = &fraction[len..];
        }
        let offset_minutes = match rest.as_bytes() {
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), tail @ ..] => {
                let digits: Vec<i64> =
                    tail.iter().filter(|b| b.is_ascii_digit()).map(|b| i64::from(b - b'0')).collect();
                let shape_ok = tail.len() == 4 || (tail.len() == 5 && tail[2] == b':');
                match (shape_ok, digits.as_slice()) {
                    (true, &[a, b, c, d]) => (if *sign == b'-' { -1 } else { 1 }) * ((a * 10 + b) * 60 + c * 10 + d),
                    _ => return Err(TimeError),
                }
            }
            _ => return Err(TimeError),
        };
        let seconds = date.days() * 86_400 + h * 3600 + (m - offset_minutes) * 60 + sec;
        Ok(Self(seconds * 1000 + millis))
    }
}

macro_rules! text_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}
text_serde!(Timestamp);
text_serde!(Date);

#[cfg(feature = "openapi")]
mod openapi {
    use super::{Date, Timestamp};
    use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
    use utoipa::openapi::{RefOr, Schema};

    fn text(format: KnownFormat) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).into()
    }
    impl utoipa::PartialSchema for Timestamp {
        fn schema() -> RefOr<Schema> {
            text(KnownFormat::DateTime)
        }
    }
    impl utoipa::ToSchema for Timestamp {}
    impl utoipa::PartialSchema for Date {
        fn schema() -> RefOr<Schema> {
            text(KnownFormat::Date)
        }
    }
    impl utoipa::ToSchema for Date {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_instants() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!("2011-07-07T00:37:00.000+0000".parse(), Ok(Timestamp(1_309_999_020_000)));
        assert_eq!("2026-11-23T17:00:00+09:00".parse::<Timestamp>(), "2026-11-23T08:00:00Z".parse());
        assert_eq!(Timestamp(1_709_164_800_000).date(), Date::new(2024, 2, 29).unwrap());
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        for bad in ["2026-02-29", "0000-00-00", "2026-13-01", "26-01-01", "2026-1-01", "2026-01-0a"] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_day_turns_in_japan_first() {
        let eve: Timestamp = "2026-11-30T15:30:00Z".parse().unwrap();
        assert_eq!((eve.date().day, eve.date_in_japan().day), (30, 1));
    }

    proptest! {
        #[test]
        fn instants_round_trip(ms in -62_000_000_000_000_i64..253_000_000_000_000) {
            prop_assert_eq!(Timestamp(ms).to_string().parse(), Ok(Timestamp(ms)));
        }
        #[test]
        fn days_round_trip(days in -700_000_i64..2_900_000) {
            prop_assert_eq!(Date::from_days(days).days(), days);
        }
        #[test]
        fn parsing_never_panics(text in ".{0,40}") {
            let _ = text.parse::<Timestamp>();
            let _ = text.parse::<Date>();
        }
    }
}
