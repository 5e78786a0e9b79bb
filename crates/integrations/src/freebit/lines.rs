//! Looking at a line, and what takes effect at once: top-ups, suspension.

use super::client::Client;
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::Date;
use domain::sim::Megabytes;
use domain::sim::providers::freebit::{self as mapper, CarrierLine, TopUp, Usage};
use serde_json::{Value, json};

/// Megabytes that one top-up may have. (A)
const TOP_UP_RANGE: std::ops::RangeInclusive<u32> = 1..=512_000;

impl Client {
    /// The line with this number, digits only (`mvno/getDetail`).
    ///
    /// # Errors
    /// `NotFound` (400-301), `Unavailable`, `Denied`, `Refused`, `Garbled`. Never `OutcomeUnknown`.
    pub async fn line(&self, number: &str) -> Result<CarrierLine, UpstreamError> {
        let call = Call::read(Provider::Freebit, "mvno/getDetail");
        let document = json!({ "requestDatas": [{ "kind": "MVNO", "account": number }] });
        let reply = self.send(call, document).await?;
        mapper::line(&reply, number, self.inner.config.units).map_err(|error| call.error(error.into()))
    }

    /// What the line has used today and on each of the last 30 days (`mvno/getTrafficInfo`).
    ///
    /// # Errors
    /// As [`Client::line`].
    pub async fn usage(&self, number: &str) -> Result<Usage, UpstreamError> {
        let call = Call::read(Provider::Freebit, "mvno/getTrafficInfo");
        let reply = self.send(call, json!({ "account": number })).await?;
        mapper::usage(&reply, number, self.inner.config.units).map_err(|error| call.error(error.into()))
    }

    /// The top-ups of a line from one day to another, both included, newest first (`mvno/getQuotaHistory`). Days are
    /// Japan's.
    ///
    /// # Errors
    /// As [`Client::line`].
    pub async fn top_ups(&self, number: &str, from: Date, to: Date) -> Result<Vec<TopUp>, UpstreamError> {
        let call = Call::read(Provider::Freebit, "mvno/getQuotaHistory");
        let document = json!({ "account": number, "fromDate": compact(from), "toDate": compact(to) });
        let reply = self.send(call, document).await?;
        mapper::top_ups(&reply, number, self.inner.config.units).map_err(|error| call.error(error.into()))
    }

    /// Adds data to a line under a tag of ours that nothing else has, unless the history since `ordered_on` shows it already
    /// (`master/addSpec`): repeating this call with the same tag adds nothing twice. Calls with one tag must not overlap.
    ///
    /// # Errors
    /// `OutcomeUnknown`: call again with the same tag and day; `Refused` (also an amount below 1 or above 512,000 MB, or a
    /// tag that is in use for another amount), `NotFound`, `Unavailable`, `Denied`, `Garbled`.
    pub async fn top_up(
        &self,
        number: &str,
        amount: Megabytes,
        tag: &str,
        ordered_on: Date,
        today: Date,
    ) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Freebit, "master/addSpec");
        let refused = |reason: &str| Err(call.error(UpstreamErrorKind::Refused { reason: reason.to_owned() }));
        if !TOP_UP_RANGE.contains(&amount.0) {
            return refused("the amount is out of range");
        }
        if tag.is_empty() {
            return refused("a top-up needs a tag");
        }
        // The day of the carrier's clock may be the one before or after ours.
        let known = self.top_ups(number, ordered_on.plus_days(-1), today.plus_days(1)).await?;
        match known.iter().find(|top_up| top_up.tag.as_deref() == Some(tag)) {
            Some(done) if done.amount == amount.into() => return Ok(()),
            Some(_) => return refused("the tag belongs to another amount"),
            None => {}
        }
        let document = json!({ "account": number, "quota": amount.0.to_string(), "quotaCode": tag });
        self.send(call, document).await.map(drop)
    }

    /// Stops a line (`mvno/suspend`).
    ///
    /// # Errors
    /// `Refused`: it is not active (400-302), so also when it is stopped already: look with [`Client::line`];
    /// `OutcomeUnknown`: look before sending it again; `NotFound`, `Unavailable`, `Denied`.
    pub async fn suspend(&self, number: &str) -> Result<(), UpstreamError> {
        self.on_line("mvno/suspend", number).await
    }

    /// Lets a stopped line go on (`mvno/resume`).
    ///
    /// # Errors
    /// As [`Client::suspend`].
    pub async fn resume(&self, number: &str) -> Result<(), UpstreamError> {
        self.on_line("mvno/resume", number).await
    }

    async fn on_line(&self, operation: &'static str, number: &str) -> Result<(), UpstreamError> {
        let document: Value = json!({ "account": number });
        self.send(Call::write(Provider::Freebit, operation), document).await.map(drop)
    }
}

/// `YYYYMMDD`
pub(super) fn compact(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year, day.month, day.day)
}
