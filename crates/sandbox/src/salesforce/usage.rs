//! How many calls the org has left: a rolling window of 24 hours, org-wide. Which calls count is decided where they
//! come in; other limits of the org are only listed.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::error::SfError;
use crate::World;
use crate::clock::DAY_MS;

/// Calls of 24 hours that an org with one licence more than the base has (general knowledge, not documented for all).
const DAILY_CALLS: u64 = 100_000;
const HOUR_MS: i64 = DAY_MS / 24;

/// The org's allowance and what was used of it.
#[derive(Debug)]
pub(crate) struct Usage {
    max: u64,
    /// Start of an hour (ms since the epoch) and the calls in it, oldest first.
    hours: VecDeque<(i64, u64)>,
}

impl Default for Usage {
    fn default() -> Self {
        Self { max: DAILY_CALLS, hours: VecDeque::new() }
    }
}

/// `DailyApiRequests` as a test or a person at the console sees and sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiRequests {
    /// Calls within 24 hours; 0 refuses every one.
    pub max: u64,
    /// Calls of the last 24 hours.
    pub used: u64,
}

impl Usage {
    fn look(&mut self, now: i64) -> ApiRequests {
        // Hours leave whole, and those ahead of a clock that was set back as well.
        self.hours.retain(|(start, _)| *start > now - DAY_MS && *start <= now);
        ApiRequests { max: self.max, used: self.hours.iter().map(|(_, calls)| calls).sum() }
    }

    fn add(&mut self, now: i64, calls: u64) {
        let start = now - now.rem_euclid(HOUR_MS);
        match self.hours.back_mut() {
            Some((last, so_far)) if *last == start => *so_far += calls,
            _ => self.hours.push_back((start, calls)),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// `REQUEST_LIMIT_EXCEEDED` when nothing is left; such a call is not counted.
    fn take(&mut self, now: i64) -> Result<(), SfError> {
        let state = self.look(now);
        if state.used >= state.max {
            return Err(SfError::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
        }
        self.add(now, 1);
        Ok(())
    }

    fn set(&mut self, now: i64, to: ApiRequests) {
        self.max = to.max;
        self.hours.clear();
        if to.used > 0 {
            self.add(now, to.used);
        }
    }
}

impl World {
    pub(super) fn take_api_call(&self) -> Result<(), SfError> {
        let now = self.now_ms();
        self.with_api_usage(|usage| usage.take(now))
    }

    /// What is left of the org's API calls.
    #[must_use]
    pub fn api_requests(&self) -> ApiRequests {
        let now = self.now_ms();
        self.with_api_usage(|usage| usage.look(now))
    }

    /// Sets the org's allowance of API calls and how much of it is used as of now; it frees itself 24 hours later. A
    /// reset of the world puts the default back.
    pub fn set_api_requests(&self, to: ApiRequests) {
        let now = self.now_ms();
        self.with_api_usage(|usage| usage.set(now, to));
    }
}

/// The header on every reply.
pub(super) fn header(requests: ApiRequests) -> String {
    format!("api-usage={}/{}", requests.used, requests.max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_refused_when_used_up_and_come_back_a_day_later() {
        let mut usage = Usage::default();
        let now = 20_000 * DAY_MS + 5;
        usage.set(now, ApiRequests { max: 3, used: 1 });
        assert!(usage.take(now).is_ok() && usage.take(now + 2 * HOUR_MS).is_ok());
        assert_eq!(
            usage.take(now + 2 * HOUR_MS).map_err(|error| (error.status, error.code)),
            Err((403, "REQUEST_LIMIT_EXCEEDED"))
        );
        assert_eq!(usage.look(now + DAY_MS).used, 1, "the later call still counts");
        assert!(usage.take(now + DAY_MS).is_ok());
        assert_eq!(usage.look(now - DAY_MS).used, 0, "a clock that was set back sees none of it");
    }
}
