//! What the last minutes of calls to a system looked like, for the operator's staff. Metrics say more, over a longer time,
//! to who has a scraper; this is what the portal itself can show.

use crate::error::UpstreamErrorKind;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How far back calls are looked at.
const WINDOW: Duration = Duration::from_secs(300);
/// Most calls that are remembered: at more than three a second the window is shorter.
const MOST: usize = 1024;

/// The last five minutes of calls to one system by this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// `salesforce`, `whmcs` or `freebit`.
    pub provider: &'static str,
    /// `closed`, `half_open` or `open`.
    pub breaker: &'static str,
    pub calls: u32,
    /// Of those, without a usable answer.
    pub failed: u32,
    /// Of those, refused because of our credentials.
    pub denied: u32,
    /// Half of the calls took at most this long; `None` without calls.
    pub p50_ms: Option<u32>,
    /// All but one of a hundred took at most this long.
    pub p99_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    at: Instant,
    took_ms: u32,
    failed: bool,
    denied: bool,
}

/// Calls that have ended. Cheap to add to: one short lock for each call over the network.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Ended>>);

impl Recent {
    /// A call has ended at `at`; `failure` is why it has no usable result, if so.
    pub fn note(&self, at: Instant, took: Duration, answered: bool, failure: Option<&UpstreamErrorKind>) {
        let took_ms = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        let denied = matches!(failure, Some(UpstreamErrorKind::Denied));
        // Whole after every change, so a panic elsewhere cannot have spoilt it.
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.len() == MOST {
            ended.pop_front();
        }
        ended.push_back(Ended { at, took_ms, failed: !answered, denied });
    }

    pub fn health(&self, provider: &'static str, breaker: &'static str, now: Instant) -> Health {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while ended.front().is_some_and(|e| now.saturating_duration_since(e.at) > WINDOW) {
            ended.pop_front();
        }
        let mut times: Vec<u32> = ended.iter().map(|e| e.took_ms).collect();
        times.sort_unstable();
        let count = |of: fn(&Ended) -> bool| u32::try_from(ended.iter().filter(|e| of(e)).count()).unwrap_or(u32::MAX);
        Health {
            provider,
            breaker,
            calls: count(|_| true),
            failed: count(|e| e.failed),
            denied: count(|e| e.denied),
            p50_ms: rank(&times, 50),
            p99_ms: rank(&times, 99),
        }
    }
}

/// The nearest-rank percentile of sorted values.
fn rank(sorted: &[u32], percent: usize) -> Option<u32> {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_minutes_count() {
        let (recent, start) = (Recent::default(), Instant::now());
        let ms = Duration::from_millis;
        recent.note(start, ms(9_000), false, Some(&UpstreamErrorKind::OutcomeUnknown));
        let later = start + WINDOW;
        for n in 1..=100 {
            recent.note(later, ms(n), true, None);
        }
        recent.note(later, ms(1), true, Some(&UpstreamErrorKind::Denied));
        let all = recent.health("whmcs", "closed", later);
        assert_eq!((all.calls, all.failed, all.denied), (102, 1, 1));
        let health = recent.health("whmcs", "closed", later + ms(1));
        assert_eq!((health.calls, health.failed, health.denied), (101, 0, 1));
        assert_eq!((health.p50_ms, health.p99_ms), (Some(50), Some(99)));
    }

    #[test]
    fn without_calls_there_are_no_times() {
        let health = Recent::default().health("freebit", "open", Instant::now());
        assert_eq!((health.calls, health.p50_ms, health.p99_ms), (0, None, None));
        assert_eq!(rank(&[7], 99), Some(7));
    }

    #[test]
    fn a_flood_is_cut_to_its_newest_part() {
        let (recent, now) = (Recent::default(), Instant::now());
        for n in 0..2 * MOST {
            recent.note(now, Duration::ZERO, n >= MOST, None);
        }
        let health = recent.health("salesforce", "closed", now);
        assert_eq!((health.calls, health.failed), (1024, 0));
    }
}
