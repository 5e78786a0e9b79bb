//! Conditional requests: only when changed, only when unchanged, only this state of a record.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::error::SfError;
use super::records::{Record, text};
use crate::clock::parse_datetime;

/// The four headers as the client wrote them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    /// Seconds since the Unix epoch.
    if_modified_since: Option<i64>,
    if_unmodified_since: Option<i64>,
}

/// A state that a condition is about.
pub(crate) struct State {
    /// With its quotes; describes have none.
    tag: Option<String>,
    /// Seconds since the Unix epoch: the headers know nothing finer.
    modified: i64,
}

fn date(text: &str) -> Option<i64> {
    let moment = text.trim().parse::<HttpDate>().ok()?;
    let moment: std::time::SystemTime = moment.into();
    i64::try_from(moment.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

fn names(list: &str, tag: Option<&str>) -> bool {
    list.split(',').map(str::trim).any(|one| {
        // Weak and strong tags are compared alike, with or without quotes (A).
        let one = one.strip_prefix("W/").unwrap_or(one).trim_matches('"');
        one == "*" || tag.is_some_and(|tag| tag.trim_matches('"') == one)
    })
}

impl Conditions {
    /// Reads the headers; a date that cannot be read is as if it were not there.
    pub(crate) fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self {
            if_match: header("If-Match").map(str::to_owned),
            if_none_match: header("If-None-Match").map(str::to_owned),
            if_modified_since: header("If-Modified-Since").and_then(date),
            if_unmodified_since: header("If-Unmodified-Since").and_then(date),
        }
    }

    /// Whether a reading is wanted: `false` means 304.
    ///
    /// # Errors
    /// 412 when the record is not in the state that the client insists on.
    pub(crate) fn wants(&self, state: &State) -> Result<bool, SfError> {
        self.insist(state)?;
        let unchanged = match &self.if_none_match {
            Some(tags) => names(tags, state.tag.as_deref()),
            None => self.if_modified_since.is_some_and(|since| state.modified <= since),
        };
        Ok(!unchanged)
    }

    /// Whether a change may be made.
    ///
    /// # Errors
    /// 412 otherwise.
    pub(crate) fn allow(&self, state: &State) -> Result<(), SfError> {
        if self.wants(state)? { Ok(()) } else { Err(failed()) }
    }

    fn insist(&self, state: &State) -> Result<(), SfError> {
        let other = match &self.if_match {
            Some(tags) => !names(tags, state.tag.as_deref()),
            None => self.if_unmodified_since.is_some_and(|since| state.modified > since),
        };
        if other { Err(failed()) } else { Ok(()) }
    }
}

/// The body of a 412 is an assumption; its status is documented.
fn failed() -> SfError {
    SfError::new(412, "PRECONDITION_FAILED", "The record is not in the state that the request asked for.")
}

impl State {
    /// The state of a record. The tag follows from the record's id and its last change.
    pub(crate) fn of(record: &Record) -> Self {
        let stamp = text(record, "SystemModstamp").unwrap_or_default();
        // Fields belong to it: two changes may happen within one millisecond.
        let digest = Sha256::digest(serde_json::to_vec(record).unwrap_or_default());
        Self {
            tag: Some(format!("\"{}\"", STANDARD.encode(&digest[..20]))),
            modified: parse_datetime(stamp).unwrap_or_default().div_euclid(1_000),
        }
    }

    /// The state of a description, which changed last at this second.
    pub(crate) fn described(modified: i64) -> Self {
        Self { tag: None, modified }
    }

    /// `ETag` and `Last-Modified` of a reading.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let moment = UNIX_EPOCH + Duration::from_secs(u64::try_from(self.modified).unwrap_or_default());
        let mut headers: Vec<(&'static str, String)> = self.tag.iter().map(|tag| ("ETag", tag.clone())).collect();
        headers.push(("Last-Modified", HttpDate::from(moment).to_string()));
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(name: &str, value: &str) -> Conditions {
        Conditions::read(|asked| (asked == name).then_some(value))
    }

    #[test]
    fn each_header_decides_in_its_own_way() {
        // 2026-01-31T10:00:00Z
        let state = State { tag: Some("\"a=\"".to_owned()), modified: 1_769_853_600 };
        let (before, then) = ("Sat, 31 Jan 2026 09:59:59 GMT", "Sat, 31 Jan 2026 10:00:00 GMT");
        let wants = |name: &str, value: &str| conditions(name, value).wants(&state).map_err(|error| error.status);
        assert_eq!(wants("If-Modified-Since", before), Ok(true));
        assert_eq!(wants("If-Modified-Since", then), Ok(false));
        assert_eq!(wants("If-Unmodified-Since", before), Err(412));
        assert_eq!(wants("If-Unmodified-Since", then), Ok(true));
        assert_eq!(wants("If-None-Match", "\"b\", W/\"a=\""), Ok(false));
        assert_eq!(wants("If-None-Match", "\"b\""), Ok(true));
        assert_eq!(wants("If-Match", "\"a=\""), Ok(true));
        assert_eq!(wants("If-Match", "\"b\""), Err(412));
        assert_eq!(wants("If-Modified-Since", "yesterday"), Ok(true), "an unreadable date is not there");
        assert!(conditions("If-Modified-Since", then).allow(&state).is_err());
        assert!(state.headers().contains(&("Last-Modified", then.to_owned())));
    }
}
