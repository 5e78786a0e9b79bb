use super::error::EventError;
use rand::Rng as _;
use std::time::Duration;

/// How long to wait before the next connection: exponential with full jitter, at most a minute, and at least what the
/// failure asks for ([`EventError::least_wait`]).
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

const BASE: Duration = Duration::from_millis(500);
const CAP: Duration = Duration::from_secs(60);
/// A stream that lived this long was well: counting begins anew.
const HEALTHY: Duration = Duration::from_secs(60);

impl Backoff {
    /// The wait after a stream that ended with `error` after `lived`. Counts the reconnect by its reason.
    pub fn after(&mut self, error: &EventError, lived: Duration) -> Duration {
        metrics::counter!("upstream_event_reconnects_total", "reason" => error.label()).increment(1);
        if lived >= HEALTHY {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.wait(error.least_wait(), rand::rng().random_range(0.0..=1.0))
    }

    /// The wait after a failure that is not the stream's (the database, another leader).
    pub fn after_other(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.wait(Duration::from_millis(200), rand::rng().random_range(0.0..=1.0))
    }

    /// `luck` from 0 to 1. Jitter lies above the least wait, so that many clients do not come back at the same moment.
    fn wait(&self, least: Duration, luck: f64) -> Duration {
        let ceiling = BASE.saturating_mul(1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX)).min(CAP);
        (least + ceiling.mul_f64(luck)).min(CAP)
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::SERVICE_DOWN;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_grow_to_a_minute_and_start_again_after_a_good_stream() {
        let mut backoff = Backoff::default();
        let error = EventError::Unavailable { reason: "silence" };
        for _ in 0..20 {
            backoff.after(&error, Duration::ZERO);
        }
        assert_eq!(backoff.wait(Duration::ZERO, 1.0), CAP);
        backoff.after(&error, HEALTHY);
        assert_eq!(backoff.wait(Duration::ZERO, 1.0), BASE * 2);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_shorter_than_asked_nor_longer_than_a_minute(failures in 0_u32..200, luck in 0.0..=1.0) {
            let backoff = Backoff { failures };
            let least = EventError::Unavailable { reason: SERVICE_DOWN }.least_wait();
            let wait = backoff.wait(least, luck);
            prop_assert!(wait >= Duration::from_secs(5) && wait <= CAP);
        }
    }
}
